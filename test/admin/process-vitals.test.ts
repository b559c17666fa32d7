import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { ProcessVitals } from "../../src/admin/process-vitals.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** Keeps the event loop busy, which is what is measured. */
async function block(forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  while (performance.now() < until);
  // The watching timer fires behind it.
  await setImmediate();
}

it("tells how late the event loop was, the same to everybody who asks within ten seconds", async () => {
  const clock = new ManualClock();
  const vitals = new ProcessVitals(clock);
  await expect
    .poll(async () => {
      await block(80);
      return vitals.eventLoopDelay().maxMs;
    })
    .toBeGreaterThan(50);
  clock.advance(10_000);
  const first = vitals.eventLoopDelay();
  await block(80);
  clock.advance(9_999);
  expect(vitals.eventLoopDelay()).toEqual(first);
  expect(first.maxMs).toBeGreaterThanOrEqual(first.p99Ms);
  expect(first.p99Ms).toBeGreaterThanOrEqual(first.p50Ms);
});

it("tells how much memory the process has", () => {
  const { residentBytes, heapBytes } = new ProcessVitals(new ManualClock()).read();
  expect(residentBytes).toBeGreaterThan(heapBytes);
});
