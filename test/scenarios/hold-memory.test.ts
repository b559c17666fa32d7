// Ten thousand held requests at once: what each costs, and that each is answered.

import { expect, onTestFinished, test } from "vitest";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { type HeldRequest, sendBrowserGet } from "../support/held-requests.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { residentBytes } from "../support/resident-bytes.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const HELD = 10_000;
const BATCH = 250;
const RAMP_BEGIN = 8;

test("ten thousand held requests cost less than 10 KiB each, and all are answered, in order up to the ramp", async () => {
  const upstream = await RawUpstream.start(OK);
  const holdgate = await startInFrontOf(upstream.url);
  await releaseAll(holdgate, await holdMany(holdgate, 2 * BATCH, "warm-up"));

  const before = residentBytes(holdgate.pid);
  const requests = await holdMany(holdgate, HELD, "held");
  const each = (residentBytes(holdgate.pid) - before) / HELD / 1024;
  expect(heldOnes(upstream)).toEqual([]);
  expect(each).toBeLessThan(10);

  await releaseAll(holdgate, requests);
  expect(
    requests.filter(({ answer }) => !/^HTTP\/1.1 200 .*\r\nHoldgate-Held: \d+\r\n/s.test(answer)),
  ).toEqual([]);
  const arrivals = heldOnes(upstream);
  expect(new Set(arrivals).size).toBe(HELD);
  expect(arrivals).toHaveLength(HELD);
  expectOrderUpToTheRamp(arrivals);
});

function heldOnes({ targets }: RawUpstream): string[] {
  return targets.filter((target) => target.startsWith("/held/"));
}

async function startInFrontOf(url: string): Promise<HoldgateProcess> {
  const hold = `{ maxRequests: ${HELD}, maxPerClient: ${HELD}, maxWait: 5m }`;
  const yaml = `services: { chat: { upstreams: { blue: "${url}" }, hold: ${hold} } }\n`;
  const holdgate = await startHoldgate(await temporaryDirectory(), yaml);
  onTestFinished(async () => void (await holdgate.end("SIGKILL")));
  return holdgate;
}

/** Batch by batch, so that the order between batches is known. */
async function holdMany(holdgate: HoldgateProcess, count: number, name: string): Promise<HeldRequest[]> {
  await callAdmin(holdgate.adminSocket, "POST", "/admin/hold", {});
  const requests: HeldRequest[] = [];
  onTestFinished(() => requests.forEach(({ socket }) => socket.destroy()));
  while (requests.length < count) {
    for (let at = 0; at < BATCH; at++) {
      requests.push(sendBrowserGet(holdgate.port, `/${name}/${requests.length}`));
    }
    await eventually(async () => expect(await heldBy(holdgate)).toBe(requests.length));
  }
  return requests;
}

async function heldBy({ adminSocket }: HoldgateProcess): Promise<unknown> {
  const { body } = await callAdmin(adminSocket, "GET", "/admin/status");
  const [service]: { held?: unknown }[] = Array.isArray(body["services"]) ? body["services"] : [];
  return service?.held;
}

async function releaseAll(holdgate: HoldgateProcess, requests: HeldRequest[]): Promise<void> {
  await callAdmin(holdgate.adminSocket, "POST", "/admin/release", {});
  await eventually(() => expect(requests.filter(({ answer }) => answer === "")).toHaveLength(0));
  for (const { socket } of requests) socket.destroy();
}

/**
 * Whoever arrives as number `at` can have overtaken those only that were in flight with it. The ramp doubles
 * with a full round of answers, so that it is at most what has been answered so far and its beginning.
 */
function expectOrderUpToTheRamp(arrivals: string[]): void {
  const overtaking = arrivals.filter((target, at) => {
    const batch = Math.floor(Number(target.split("/").at(-1)) / BATCH);
    return batch * BATCH - at > at + RAMP_BEGIN;
  });
  expect(overtaking).toEqual([]);
}
