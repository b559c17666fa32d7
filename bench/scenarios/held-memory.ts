import { setTimeout as sleep } from "node:timers/promises";
import { adminSocket } from "../contenders/holdgate.ts";
import { HoldgateAdmin } from "../holdgate-admin.ts";
import { rawGet, type RawGet } from "../load/raw-get.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { startFixedUpstream } from "../upstreams/fixed-upstream.ts";
import { settledBytes } from "./settled-bytes.ts";

const HELD = 5_000;
/** Held before the first look: memory that the start left over would hide the first requests. */
const HELD_BEFORE = 1_000;
const ARRIVAL_TIMEOUT_MS = 20_000;

export const heldMemory: Scenario = {
  name: "held-memory",
  title: `memory of each of ${HELD} held requests, connection included`,
  contenders: ["holdgate"],
  metrics: [
    { key: "heldKib", label: "KiB per held request", decimals: 1 },
    { key: "wholeMib", label: "whole process MiB", decimals: 1 },
  ],
  rounds: 1,
  async open(bench, resources) {
    const upstreamPort = await startFixedUpstream(bench.directory, resources);
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
  const admin = new HoldgateAdmin(adminSocket(running.directory));
  await admin.hold();
  const first = await haveHeld(running.port, admin, HELD_BEFORE);
  const before = await settledBytes(running);
  const second = await haveHeld(running.port, admin, HELD, HELD_BEFORE);
  const after = await settledBytes(running);
  await admin.release();
  await checkAnswers([...first, ...second]);
  return { figures: { heldKib: (after - before) / HELD / 1024, wholeMib: after / 2 ** 20 } };
}

/** Sends `count` requests, a few at a time, until they are held beside those that are `already`. */
async function haveHeld(port: number, admin: HoldgateAdmin, count: number, already = 0): Promise<RawGet[]> {
  const requests: RawGet[] = [];
  const deadline = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (let held = 0; held < count; held = (await admin.held()) - already) {
    if (performance.now() > deadline) throw new Error(`only ${held} of ${count} requests are held`);
    const batch = Math.min(200, count - requests.length);
    for (let sent = 0; sent < batch; sent++) requests.push(rawGet(port, "/small"));
    await sleep(10);
  }
  return requests;
}

async function checkAnswers(requests: readonly RawGet[]): Promise<void> {
  const statuses = await Promise.all(requests.map((request) => request.answered));
  for (const { socket } of requests) socket.destroy();
  const failed = statuses.filter((status) => status !== 200).length;
  if (failed > 0) throw new Error(`${failed} of ${requests.length} held requests were not answered with 200`);
}
