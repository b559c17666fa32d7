import { openTunnels } from "../load/open-tunnel.ts";
import { talkOnce } from "../load/talk-once.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { startNodeUpstream } from "../upstreams/start-node-upstream.ts";
import { settledBytes } from "./settled-bytes.ts";
import { TUNNEL_YARDSTICKS } from "./websocket-scenario.ts";

const TUNNELS = 2_000;
/** Opened before the first look: memory that the start left over would hide the first tunnels. */
const TUNNELS_BEFORE = 1_000;

export const tunnelMemory: Scenario = {
  name: "tunnel-memory",
  title: `memory of each of ${TUNNELS} tunnels that are open and silent`,
  metrics: [
    { key: "tunnelKib", label: "KiB per tunnel", decimals: 1, ratiosTo: TUNNEL_YARDSTICKS },
    { key: "wholeMib", label: "whole process MiB", decimals: 1 },
  ],
  rounds: 1,
  async open(bench, resources) {
    const upstreamPort = await startNodeUpstream("tunnel-server.ts", resources);
    return {
      async prepare(contender) {
        const options = { bench, resources, upstreamPort, isInspected: true };
        const running = await startContender(contender, options);
        return { measure: () => measure(running) };
      },
    };
  },
};

async function measure(running: StartedContender): Promise<Measurement> {
  await using resources = new AsyncDisposableStack();
  await openAndTalk(running.port, TUNNELS_BEFORE, resources);
  const before = await settledBytes(running);
  await openAndTalk(running.port, TUNNELS, resources);
  const after = await settledBytes(running);
  return { figures: { tunnelKib: (after - before) / TUNNELS / 1024, wholeMib: after / 2 ** 20 } };
}

/** A tunnel that never carried anything would not have its buffers yet, so each carries a message. */
async function openAndTalk(port: number, count: number, resources: AsyncDisposableStack): Promise<void> {
  const tunnels = await openTunnels(port, count);
  resources.defer(() => tunnels.forEach((tunnel) => tunnel.destroy()));
  await Promise.all(tunnels.map(talkOnce));
}
