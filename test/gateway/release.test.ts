import { describe, expect, it } from "vitest";
import type { Exchange } from "../../src/proxy/exchange.ts";
import { HoldQueue } from "../../src/gateway/hold-queue.ts";
import { Release } from "../../src/gateway/release.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { WaitingExchanges } from "../support/waiting-exchanges.ts";

/** A queue with so many held requests, and a release that sends them to `sent`. */
async function setUp(held: number, initial = 4) {
  const clock = new ManualClock();
  const source = await WaitingExchanges.open();
  const queue = new HoldQueue<Exchange>({ clock, maxRequests: 1000, maxPerClient: 1000, onExpired() {} });
  const sent: Exchange[] = [];
  const told: string[] = [];
  const release: Release = new Release({
    clock,
    queue,
    initial,
    send: (exchange) => void sent.push(exchange),
    onStarted: (count) => told.push(`started with ${count}`),
    onFinished: (released, tookMs) => told.push(`finished ${released} in ${tookMs}`),
  });
  const hold = (exchange: Exchange) =>
    queue.add(exchange, { order: exchange.sequence, client: "a", deadline: clock.now() + 30_000 });
  for (const exchange of await source.some(held)) hold(exchange);
  const answer = (count: number, status = 200) => {
    for (const exchange of sent.slice(0, count)) {
      release.onAnswer(exchange, status);
      release.onSettled(exchange);
    }
  };
  const order = () => sent.map(({ sequence }) => sequence);
  return { clock, source, queue, release, sent, told, hold, answer, order };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("the pace", () => {
  it("sends nothing before it is opened, then the first few in their order", async () => {
    const { release, order, told, queue } = await setUp(10);
    release.pump();
    expect(order()).toEqual([]);
    release.open();
    expect(order()).toEqual([0, 1, 2, 3]);
    expect(release.limit).toBe(4);
    expect(queue.size).toBe(6);
    expect(told).toEqual(["started with 10"]);
  });

  it("sends one for each that is answered, and twice as many at once after a full round", async () => {
    const { release, answer, order, sent } = await setUp(20);
    release.open();
    for (const next of [4, 5, 6]) {
      answer(1);
      sent.shift();
      expect(order().at(-1)).toBe(next);
    }
    expect(release.limit).toBe(4);
    answer(1);
    expect(release.limit).toBe(8);
    expect(order()).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it.each([500, 502, 503])(
    "halves at an answer of %d and sends none until that many are left",
    async (status) => {
      const { release, answer, order, sent } = await setUp(20);
      release.open();
      answer(1, status);
      expect(release.limit).toBe(2);
      expect(order()).toEqual([0, 1, 2, 3]);
      sent.shift();
      answer(1);
      sent.shift();
      expect(order()).toEqual([2, 3]);
      answer(1);
      expect(order()).toEqual([2, 3, 4, 5, 6]);
      expect(release.limit).toBe(4);
    },
  );
});

describe("a request that ends in another way than by its upstream's answer", () => {
  it("lets the next go when it fails for good, even if it was the only one under way", async () => {
    const { release, sent, order } = await setUp(3, 1);
    release.open();
    const [first] = sent;
    if (!first) throw new Error("none was sent");
    release.onTrouble(first);
    release.onSettled(first);
    expect(order()).toEqual([0, 1]);
  });

  it("lets the next go when it is answered in the very moment of sending", async () => {
    const { clock, source, queue, hold } = await setUp(0);
    for (const exchange of await source.some(50)) hold(exchange);
    const order: number[] = [];
    const release: Release = new Release({
      clock,
      queue,
      initial: 1,
      send: (exchange) => {
        order.push(exchange.sequence);
        release.onSettled(exchange);
      },
      onStarted() {},
      onFinished() {},
    });
    release.open();
    expect(order).toEqual(upTo(50));
  });
});

describe("what does not count", () => {
  it("is an event stream or a tunnel, from its answer's head on", async () => {
    const { release, sent, order } = await setUp(6, 2);
    release.open();
    const [stream, tunnel] = sent;
    if (!stream || !tunnel) throw new Error("none was sent");
    stream.eventStream = true;
    release.onAnswer(stream, 200);
    expect(order()).toEqual([0, 1, 2]);
    release.onAnswer(tunnel, 101);
    expect(order()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("is one that has gone unanswered for two seconds", async () => {
    const { clock, release, order } = await setUp(9, 3);
    release.open();
    clock.advance(1999);
    expect(order()).toEqual(upTo(3));
    clock.advance(1);
    expect(order()).toEqual(upTo(6));
    clock.advance(2000);
    expect(order()).toEqual(upTo(9));
  });

  it("is the answer to a request that was never held", async () => {
    const { release, source, order } = await setUp(6, 2);
    release.open();
    for (const exchange of await source.some(4)) {
      release.onAnswer(exchange, 200);
      release.onTrouble(exchange);
      release.onSettled(exchange);
    }
    expect(release.limit).toBe(2);
    expect(order()).toEqual([0, 1]);
  });
});

describe("the end", () => {
  it("comes when the queue is empty, newcomers included", async () => {
    const { clock, source, release, hold, answer, told, sent, order } = await setUp(4, 2);
    release.open();
    const [newcomer] = await source.some(1);
    if (newcomer) hold(newcomer);
    clock.advance(20);
    answer(2);
    sent.splice(0, 2);
    expect(order()).toEqual([2, 3, 4]);
    expect(release.limit).toBeNull();
    expect(told).toEqual(["started with 4", "finished 5 in 20"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes early when it is closed; the next begins as carefully as the first", async () => {
    const { release, answer, order, told, queue } = await setUp(20);
    release.open();
    answer(4);
    expect(order()).toEqual(upTo(12));
    release.close();
    expect(release.limit).toBeNull();
    answer(12);
    expect(order()).toEqual(upTo(12));
    release.configure(3);
    release.open();
    expect(order()).toEqual(upTo(15));
    expect(queue.size).toBe(5);
    expect(told).toEqual(["started with 20", "finished 12 in 0", "started with 8"]);
  });
});

describe("a release that is closed and opened again", () => {
  it("counts what it had sent before, so that the upstream never has more than the ramp allows", async () => {
    const { release, answer, order, sent } = await setUp(10);
    release.open();
    release.close();
    release.open();
    expect(order()).toEqual([0, 1, 2, 3]);
    answer(1);
    sent.shift();
    expect(order()).toEqual([1, 2, 3, 4]);
  });

  it("does not wait for those that were taken back, or are slow", async () => {
    const { clock, release, order, sent } = await setUp(10);
    release.open();
    release.close();
    for (const exchange of sent.slice(0, 2)) release.forget(exchange);
    release.open();
    expect(order()).toEqual([0, 1, 2, 3, 4, 5]);
    release.close();
    clock.advance(2000);
    release.open();
    expect(order()).toEqual(upTo(10));
  });
});
