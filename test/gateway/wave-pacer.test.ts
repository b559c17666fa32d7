import * as fc from "fast-check";
import { expect, it } from "vitest";
import { WavePacer } from "../../src/gateway/wave-pacer.ts";
import { ManualClock } from "../support/manual-clock.ts";

function setUp(perSecond: number) {
  const clock = new ManualClock();
  const ran: { item: number; at: number }[] = [];
  const waves: string[] = [];
  const pacer = new WavePacer<number>({
    clock,
    perSecond,
    run: (item) => ran.push({ item, at: clock.now() }),
    onWave: (closed, left) => waves.push(`${closed} closed, ${left} left`),
  });
  return { clock, pacer, ran, waves };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The most that ran in any window of a second. */
function peak(ran: { at: number }[]): number {
  const windows = ran.map(({ at }) => ran.filter((other) => other.at >= at && other.at < at + 1000).length);
  return Math.max(0, ...windows);
}

it("runs the first wave at once and the others every 50 ms, in order", () => {
  const { clock, pacer, ran, waves } = setUp(500);
  pacer.add(upTo(60));
  expect(waves).toEqual(["25 closed, 35 left"]);
  clock.advance(49);
  expect(waves).toHaveLength(1);
  clock.advance(51);
  expect(waves).toEqual(["25 closed, 35 left", "25 closed, 10 left", "10 closed, 0 left"]);
  expect(ran.map(({ item }) => item)).toEqual(upTo(60));
});

it.each([1, 3, 7, 19, 30, 333, 500, 999])("keeps to %d per second exactly", (perSecond) => {
  const { clock, pacer, ran } = setUp(perSecond);
  pacer.add(upTo(perSecond * 10));
  for (let second = 1; second <= 9; second += 1) {
    clock.advance(1000);
    expect(ran.length).toBeGreaterThanOrEqual(perSecond * second);
    expect(ran.length).toBeLessThanOrEqual(perSecond * second + perSecond / 20 + 1);
  }
  expect(peak(ran)).toBeLessThanOrEqual(perSecond);
  clock.advance(1000);
  expect(pacer.size).toBe(0);
});

it("does not make up for an idle time or a late timer with a burst", () => {
  const { clock, pacer, ran } = setUp(100);
  pacer.add([1]);
  clock.advance(60_000);
  pacer.add(upTo(50));
  expect(ran).toHaveLength(1 + 5);
});

it("lets nobody go sooner by adding in small lots", () => {
  const { clock, pacer, ran } = setUp(20);
  for (let count = 0; count < 400; count += 1) {
    pacer.add([count]);
    clock.advance(10);
  }
  expect(peak(ran)).toBeLessThanOrEqual(20);
});

it("stops its timer when nobody waits", () => {
  const { clock, pacer } = setUp(20);
  pacer.add(upTo(2));
  expect(clock.pendingTimers).toBe(1);
  clock.advance(50);
  expect([pacer.size, clock.pendingTimers]).toEqual([0, 0]);
  pacer.add(upTo(5));
  for (const item of upTo(5)) pacer.remove(item);
  expect(clock.pendingTimers).toBe(0);
});

it("never runs one that was removed, and forgets all when cancelled", () => {
  const { clock, pacer, ran } = setUp(20);
  pacer.add(upTo(4));
  expect([pacer.remove(2), pacer.remove(2), pacer.remove(0)]).toEqual([true, false, false]);
  clock.advance(50);
  pacer.cancel();
  clock.advance(1000);
  expect(ran.map(({ item }) => item)).toEqual([0, 1]);
  expect(clock.pendingTimers).toBe(0);
});

it("follows a new rate from the next wave on", () => {
  const { clock, pacer, ran } = setUp(20);
  pacer.add(upTo(1000));
  pacer.configure(200);
  clock.advance(50);
  expect(ran).toHaveLength(1 + 10);
});

it("goes on when an item adds others, or fails, while it runs", () => {
  const clock = new ManualClock();
  const ran: number[] = [];
  const pacer: WavePacer<number> = new WavePacer<number>({
    clock,
    perSecond: 40,
    run: (item) => {
      ran.push(item);
      if (item === 0) pacer.add([4]);
      if (item === 2) throw new Error("run failed");
    },
  });
  pacer.add([0, 1, 2, 3]);
  expect(() => clock.advance(50)).toThrow("run failed");
  clock.advance(50);
  expect(ran).toEqual([0, 1, 2, 3, 4]);
  expect(clock.pendingTimers).toBe(0);
});

it("keeps the rate in any window, whatever is added, removed or reconfigured when", () => {
  const step = fc.oneof(
    fc.record({ add: fc.nat(40) }),
    fc.record({ advance: fc.nat(300) }),
    fc.record({ remove: fc.nat(100) }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), fc.array(step, { maxLength: 40 }), (perSecond, steps) => {
      const { clock, pacer, ran } = setUp(perSecond);
      let added = 0;
      let removed = 0;
      for (const each of steps) {
        if ("add" in each) {
          pacer.add(upTo(each.add).map((index) => added + index));
          added += each.add;
        } else if ("advance" in each) clock.advance(each.advance);
        else if (pacer.remove(each.remove)) removed += 1;
      }
      expect(peak(ran)).toBeLessThanOrEqual(perSecond);
      expect(added).toBe(ran.length + removed + pacer.size);
      expect(ran.map(({ item }) => item)).toEqual(ran.map(({ item }) => item).toSorted((a, b) => a - b));
      expect(clock.pendingTimers).toBe(pacer.size > 0 ? 1 : 0);
    }),
  );
});
