import { describe, expect, it } from "vitest";
import { EventFeed } from "../../src/admin/event-feed.ts";
import { EventLog } from "../../src/control/event-log.ts";
import { ManualClock } from "../support/manual-clock.ts";

function openFeed(lastEventId?: number, capacity = 1000) {
  const clock = new ManualClock();
  const log = new EventLog({ clock, capacity });
  let listeners = 0;
  let drops = 0;
  const events = {
    since: (id: number) => log.since(id),
    subscribe(listener: Parameters<EventLog["subscribe"]>[0]) {
      const unsubscribe = log.subscribe(listener);
      listeners += 1;
      return () => {
        listeners -= 1;
        unsubscribe();
      };
    },
  };
  const feed = new EventFeed({ events, clock, lastEventId, drop: () => (drops += 1) });
  const reader = feed.stream().getReader();
  const decoder = new TextDecoder();
  const read = async () => {
    const { value, done } = await reader.read();
    return done ? undefined : decoder.decode(value);
  };
  return { clock, log, reader, read, listeners: () => listeners, drops: () => drops };
}

describe("a stream of events", () => {
  it("tells each event as it happens, with its id", async () => {
    const { log, read } = openFeed();
    expect(await read()).toBe("retry: 2000\n\n");
    const next = read();
    const event = log.publish("hold_started", "chat", { leaseEndsAt: 5 });
    expect(await next).toBe(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
  });

  it("begins now: what was before is not told unless it is asked for", async () => {
    const { log, read } = openFeed();
    log.publish("before", null);
    expect(await read()).toBe("retry: 2000\n\n");
  });

  it("goes on after Last-Event-ID", async () => {
    const clock = new ManualClock();
    const { log, read } = openFeed(clock.wall());
    log.publish("first", null);
    log.publish("second", null);
    log.publish("third", null);
    const text = await read();
    expect(text).not.toContain("first");
    expect(text).not.toContain("missed");
    expect(text?.indexOf("second")).toBeLessThan(text?.indexOf("third") ?? -1);
  });

  it("says when some in between are no longer known", async () => {
    const { log, read } = openFeed(1);
    log.publish("first", null);
    expect(await read()).toContain('event: missed\ndata: {"after":1}\n\n');
  });

  it("gives what has come while the reader was away in one piece, in order", async () => {
    const { log, read } = openFeed();
    await read();
    log.publish("one", null);
    log.publish("two", null);
    expect((await read())?.match(/"type":"(\w+)"/g)).toEqual(['"type":"one"', '"type":"two"']);
  });

  it("sends a comment when nothing happens for 15 s", async () => {
    const { clock, read } = openFeed();
    await read();
    const next = read();
    clock.advance(15_000);
    expect(await next).toBe(": still here\n\n");
  });
});

describe("a reader", () => {
  it("that takes none is kept 1000 events, then dropped", async () => {
    const { log, read, listeners, drops, clock } = openFeed();
    await read();
    for (let i = 0; i < 1000; i += 1) log.publish("event", null);
    expect(drops()).toBe(0);
    log.publish("one too many", null);
    expect({ drops: drops(), listeners: listeners(), timers: clock.pendingTimers }).toEqual({
      drops: 1,
      listeners: 0,
      timers: 0,
    });
    expect(await read()).toBeUndefined();
  });

  it("that takes none of thousands of tunnels is told once that it misses some, and stays", async () => {
    const { log, read, drops } = openFeed();
    await read();
    const first = log.publish("cutover", "chat");
    for (let i = 0; i < 5000; i += 1) log.publish("tunnel_given_up", "chat");
    log.publish("drain_finished", "chat");
    const text = (await read()) ?? "";
    expect(text.match(/tunnel_given_up/g)).toHaveLength(899);
    expect(text.match(/event: missed\ndata: .*/g)).toEqual([
      `event: missed\ndata: {"after":${first.id + 899}}`,
    ]);
    expect(text).toMatch(/missed.*drain_finished/s);
    const next = read();
    log.publish("tunnel_moved", "chat");
    expect(await next).toContain("tunnel_moved");
    expect(drops()).toBe(0);
  });

  it("that takes none is dropped for the rest of events, whatever was left out before them", async () => {
    const { log, read, drops } = openFeed();
    await read();
    for (let i = 0; i < 901; i += 1) log.publish("wave", "chat");
    for (let i = 0; i < 99; i += 1) log.publish("released", "chat");
    expect(drops()).toBe(0);
    log.publish("one too many", null);
    expect(drops()).toBe(1);
  });

  it("that goes leaves nothing behind", async () => {
    const { reader, read, listeners, clock } = openFeed();
    await read();
    const next = read();
    await reader.cancel();
    expect(await next).toBeUndefined();
    expect({ listeners: listeners(), timers: clock.pendingTimers }).toEqual({ listeners: 0, timers: 0 });
  });

  it("is subscribed at its first read, not before", () => {
    const { listeners } = openFeed();
    expect(listeners()).toBe(0);
  });
});
