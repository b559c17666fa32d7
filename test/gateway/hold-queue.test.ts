import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HoldPlace, HoldQueue } from "../../src/gateway/hold-queue.ts";
import { ManualClock } from "../support/manual-clock.ts";

interface Item {
  name: string;
}

function setUp(bounds = { maxRequests: 100, maxPerClient: 100 }) {
  const clock = new ManualClock();
  const expired: string[] = [];
  const queue = new HoldQueue<Item>({
    clock,
    ...bounds,
    onExpired: (item, waitedMs) => expired.push(`${item.name} after ${waitedMs}`),
  });
  let order = 0;
  const hold = (name: string, place: Partial<HoldPlace> = {}) => {
    order += 1;
    return queue.add({ name }, { order, client: "a", deadline: clock.now() + 1000, ...place });
  };
  return { clock, queue, expired, hold };
}

function names(items: Item[]): string[] {
  return items.map((item) => item.name);
}

describe("order", () => {
  it("gives out who came first", () => {
    const { queue, hold } = setUp();
    for (const name of ["one", "two", "three"]) hold(name);
    expect(queue.peek()?.name).toBe("one");
    expect(queue.take()?.name).toBe("one");
    expect(names(queue.clear())).toEqual(["two", "three"]);
    expect(queue.take()).toBeUndefined();
  });

  it("puts one that comes back before those that came after it", () => {
    const { queue, hold } = setUp();
    for (const name of ["one", "two", "three", "four"]) hold(name);
    for (let taken = 0; taken < 3; taken += 1) queue.take();
    hold("three", { order: 3, force: true });
    hold("one", { order: 1, force: true });
    hold("two", { order: 2, force: true });
    expect(names(queue.clear())).toEqual(["one", "two", "three", "four"]);
  });

  it("keeps one that leaves from being given out", () => {
    const { queue, hold } = setUp();
    const leaver = { name: "leaver" };
    hold("one");
    queue.add(leaver, { order: 2, client: "b", deadline: 500 });
    hold("three", { order: 3 });
    expect(queue.has(leaver)).toBe(true);
    expect(queue.remove(leaver)).toBe(true);
    expect(queue.remove(leaver)).toBe(false);
    expect(names(queue.clear())).toEqual(["one", "three"]);
  });

  it("refuses to hold the same item twice, as that is a mistake of the caller", () => {
    const { queue } = setUp();
    const item = { name: "one" };
    const place = { order: 1, client: "a", deadline: 10 };
    queue.add(item, place);
    expect(() => queue.add(item, place)).toThrow("this item is held already");
  });

  it("says how long the first has waited", () => {
    const { clock, queue, hold } = setUp();
    expect(queue.oldestWaitMs).toBe(0);
    hold("one");
    clock.advance(300);
    hold("two");
    clock.advance(100);
    expect(queue.oldestWaitMs).toBe(400);
    queue.take();
    expect(queue.oldestWaitMs).toBe(100);
  });
});

describe("bounds", () => {
  it("refuses by name of the bound", () => {
    const { hold } = setUp({ maxRequests: 3, maxPerClient: 2 });
    expect(hold("one")).toBe("held");
    expect(hold("two")).toBe("held");
    expect(hold("three")).toBe("maxPerClient");
    expect(hold("four", { client: "b" })).toBe("held");
    expect(hold("five", { client: "c" })).toBe("maxRequests");
  });

  it("takes back one that held a place, whatever the bounds", () => {
    const { queue, hold } = setUp({ maxRequests: 1, maxPerClient: 1 });
    hold("one");
    queue.take();
    hold("two");
    expect(hold("one", { order: 1, force: true })).toBe("held");
    expect(queue.heldBy("a")).toBe(2);
    expect(hold("three", { client: "b" })).toBe("maxRequests");
  });

  it("gives the place of one that left to the next", () => {
    const { queue, hold } = setUp({ maxRequests: 100, maxPerClient: 1 });
    hold("one");
    queue.take();
    expect(queue.heldBy("a")).toBe(0);
    expect(hold("two")).toBe("held");
  });

  it("applies new bounds to newcomers and leaves those that wait", () => {
    const { queue, hold } = setUp();
    for (const name of ["one", "two", "three"]) hold(name);
    queue.configure({ maxRequests: 2, maxPerClient: 100 });
    expect(hold("four")).toBe("maxRequests");
    expect(queue.size).toBe(3);
  });
});

describe("deadlines", () => {
  it("expire each at its time, out of order too", () => {
    const { clock, expired, hold } = setUp();
    hold("long", { deadline: 3000 });
    clock.advance(500);
    hold("short", { deadline: 1000 });
    hold("middle", { deadline: 2000 });
    clock.advance(500);
    expect(expired).toEqual(["short after 500"]);
    clock.advance(999);
    expect(expired).toHaveLength(1);
    clock.advance(1001);
    expect(expired).toEqual(["short after 500", "middle after 1500", "long after 3000"]);
  });

  it("count the wait from the first hold when one was put back", () => {
    const { clock, expired, hold } = setUp();
    clock.advance(700);
    hold("back", { deadline: 1000, since: 100, force: true });
    clock.advance(300);
    expect(expired).toEqual(["back after 900"]);
  });

  it("that have passed already expire with the next tick", () => {
    const { clock, queue, expired, hold } = setUp();
    clock.advance(700);
    hold("late", { deadline: 100, force: true });
    expect(queue.size).toBe(1);
    clock.advance(0);
    expect(expired).toEqual(["late after 0"]);
  });

  it("share one timer, which goes when the queue is empty", () => {
    const { clock, queue, hold } = setUp();
    for (const deadline of [300, 100, 200]) hold("any", { deadline });
    expect(clock.pendingTimers).toBe(1);
    queue.clear();
    expect(clock.pendingTimers).toBe(0);
  });

  it("of the others still count when one handler throws", () => {
    const clock = new ManualClock();
    const expired: string[] = [];
    const queue = new HoldQueue<Item>({
      clock,
      maxRequests: 9,
      maxPerClient: 9,
      onExpired: (item) => {
        expired.push(item.name);
        if (item.name === "bad") throw new Error("handler failed");
      },
    });
    queue.add({ name: "bad" }, { order: 1, client: "a", deadline: 10 });
    queue.add({ name: "good" }, { order: 2, client: "a", deadline: 10 });
    expect(() => clock.advance(10)).toThrow("handler failed");
    clock.advance(0);
    expect(expired).toEqual(["bad", "good"]);
  });
});

type Step =
  | { do: "add"; client: string; waitMs: number; backBy: number; force: boolean }
  | { do: "take" }
  | { do: "remove"; index: number }
  | { do: "advance"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      client: fc.constantFrom("a", "b", "c"),
      waitMs: fc.nat(60),
      backBy: fc.oneof(fc.constant(0), fc.nat(20)),
      force: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("take" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), index: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat(40) }) },
);

interface Held {
  id: number;
  order: number;
  client: string;
  deadline: number;
}

const MAX_REQUESTS = 8;
const MAX_PER_CLIENT = 4;

/** The queue beside a model of it: an array that is sorted anew at each step. */
class Trial {
  readonly clock = new ManualClock();
  readonly counts = { admitted: 0, taken: 0, removed: 0, expired: 0 };
  readonly queue = new HoldQueue<Held>({
    clock: this.clock,
    maxRequests: MAX_REQUESTS,
    maxPerClient: MAX_PER_CLIENT,
    onExpired: (item) => this.#onExpired(item),
  });
  model: Held[] = [];
  #lastId = 0;

  run(next: Step): void {
    switch (next.do) {
      case "add":
        return this.#add(next);
      case "take":
        expect(this.queue.take()).toBe(this.model[0]);
        if (this.model.shift()) this.counts.taken += 1;
        return;
      case "remove":
        return this.#remove(next.index);
      case "advance":
        this.clock.advance(next.ms);
        expect(this.model.filter((held) => held.deadline <= this.clock.now())).toEqual([]);
    }
  }

  #add({ client, waitMs, backBy, force }: Step & { do: "add" }): void {
    this.#lastId += 1;
    const deadline = this.clock.now() + waitMs;
    const item = { id: this.#lastId, order: this.#lastId - backBy, client, deadline };
    const mine = this.model.filter((held) => held.client === client).length;
    const bound = mine >= MAX_PER_CLIENT ? "maxPerClient" : "held";
    const expected = this.model.length >= MAX_REQUESTS ? "maxRequests" : bound;
    const outcome = this.queue.add(item, { order: item.order, client, deadline, force });
    expect(outcome).toBe(force ? "held" : expected);
    if (outcome !== "held") return;
    this.counts.admitted += 1;
    this.model = [...this.model, item].toSorted((one, other) => one.order - other.order);
  }

  #remove(index: number): void {
    const leaver = this.model[index];
    if (leaver === undefined) return;
    expect(this.queue.remove(leaver)).toBe(true);
    this.model.splice(index, 1);
    this.counts.removed += 1;
  }

  #onExpired(item: Held): void {
    expect(this.clock.now()).toBe(item.deadline);
    expect(this.model.every((held) => held.deadline >= item.deadline)).toBe(true);
    this.model = this.model.filter((held) => held !== item);
    this.counts.expired += 1;
  }
}

describe("any sequence of events", () => {
  it("keeps order, bounds and deadlines; admitted = taken + removed + expired + still there", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const trial = new Trial();
        for (const next of steps) {
          trial.run(next);
          const { admitted, taken, removed, expired } = trial.counts;
          expect(trial.queue.size).toBe(trial.model.length);
          expect(admitted).toBe(taken + removed + expired + trial.queue.size);
          expect(trial.clock.pendingTimers).toBe(trial.queue.size > 0 ? 1 : 0);
        }
        expect(trial.queue.clear()).toEqual(trial.model);
        expect(["a", "b", "c"].map((client) => trial.queue.heldBy(client))).toEqual([0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it("holds 10 000 at under 1 KiB each of its own, and forgets them all", () => {
    const { queue, hold, clock, expired } = setUp({ maxRequests: 10_000, maxPerClient: 10_000 });
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 10_000; count += 1) hold("x", { deadline: 1000 + ((count * 7919) % 1000) });
    expect((process.memoryUsage().heapUsed - before) / 10_000).toBeLessThan(1024);
    clock.advance(2000);
    expect(expired).toHaveLength(10_000);
    expect([queue.size, clock.pendingTimers]).toEqual([0, 0]);
  });
});
