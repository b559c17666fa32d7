import { setTimeout as sleep } from "node:timers/promises";
import { adminSocket } from "../contenders/holdgate.ts";
import { HoldgateAdmin } from "../holdgate-admin.ts";
import { rawGet, type RawGet } from "../load/raw-get.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { startFixedUpstream } from "../upstreams/fixed-upstream.ts";
import { settledBytes } from "./settled-bytes.ts";

const HELD = 5_000;
const WARM_UP = 100;
const ARRIVAL_TIMEOUT_MS = 20_000;

export const heldMemory: Scenario = {
  name: "held-memory",
  title: `memory of each of ${HELD} held requests, connection included`,
  contenders: ["holdgate"],
  metrics: [
    { key: "heldKib", label: "KiB per held request", decimals: 1 },
    { key: "baseMib", label: "MiB before", decimals: 1 },
  ],
  rounds: 1,
  async open(bench, resources) {
    const upstreamPort = await startFixedUpstream(bench.directory, resources);
    return {
      async prepare(contender) {
        const options = { bench, resources, upstreamPort, measuresMemory: true };
        const running = await startContender(contender, options);
        return { measure: () => measure(running) };
      },
    };
  },
};

async function measure(running: StartedContender): Promise<Measurement> {
  const admin = new HoldgateAdmin(adminSocket(running.directory));
  await holdAndRelease(running, admin, WARM_UP);
  const before = await settledBytes(running);
  const after = await holdAndRelease(running, admin, HELD, () => settledBytes(running));
  return { figures: { heldKib: (after - before) / HELD / 1024, baseMib: before / 2 ** 20 } };
}

/** Has `count` requests held, looks, lets them go, and makes sure that each was answered. */
async function holdAndRelease(
  { port }: StartedContender,
  admin: HoldgateAdmin,
  count: number,
  look: () => Promise<number> = async () => 0,
): Promise<number> {
  await admin.hold();
  const requests: RawGet[] = [];
  const deadline = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (let held = 0; held < count; held = await admin.held()) {
    if (performance.now() > deadline) throw new Error(`only ${held} of ${count} requests are held`);
    const missing = Math.min(200, count - requests.length);
    for (let sent = 0; sent < missing; sent++) requests.push(rawGet(port, "/small"));
    await sleep(10);
  }
  const seen = await look();
  await admin.release();
  const statuses = await Promise.all(requests.map((request) => request.answered));
  for (const { socket } of requests) socket.destroy();
  const failed = statuses.filter((status) => status !== 200).length;
  if (failed > 0) throw new Error(`${failed} of ${count} held requests were not answered with 200`);
  return seen;
}
