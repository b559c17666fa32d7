import { expect, test, vi } from "vitest";
import { EventLog } from "../../src/control/event-log.ts";
import type { LoggedEvent } from "../../src/control/event-log.ts";
import { silentLog } from "../../src/control/control-log.ts";
import { ManualClock } from "../support/manual-clock.ts";

const ids = ({ events }: { events: LoggedEvent[] }) => events.map((event) => event.id);

test("an event carries its number, its time and what happened", () => {
  const clock = new ManualClock();
  clock.advance(1_500);
  const event = new EventLog({ clock }).publish("cutover", "chat", { from: "blue", to: "green" });
  expect(event).toEqual({
    id: clock.wall(),
    at: "2026-01-01T00:00:01.500Z",
    type: "cutover",
    service: "chat",
    data: { from: "blue", to: "green" },
  });
});

test("a listener that was away gets what came after the last it has seen", () => {
  const log = new EventLog({ clock: new ManualClock() });
  const { id } = log.publish("released", "chat");
  log.publish("hold_started", "chat");
  log.publish("released", "chat");
  expect(ids(log.since(id))).toEqual([id + 1, id + 2]);
  expect(log.since(id).missed).toBe(false);
  expect(log.since(id + 2)).toEqual({ events: [], missed: false });
});

test("only the newest events are kept, and a listener is told when it missed some", () => {
  const log = new EventLog({ clock: new ManualClock(), capacity: 3 });
  const { id: first } = log.publish("released", "chat");
  for (let count = 1; count < 10; count += 1) log.publish("released", "chat");
  const newest = [first + 7, first + 8, first + 9];
  expect(log.since(first)).toMatchObject({ missed: true });
  expect(ids(log.since(first))).toEqual(newest);
  expect(log.since(first + 6)).toMatchObject({ missed: false });
  expect(ids(log.since(first + 6))).toEqual(newest);
});

test("frequent events are kept apart from the rest, and told in order with them", () => {
  const log = new EventLog({ clock: new ManualClock(), capacity: 3 });
  const { id: first } = log.publish("cutover", "chat");
  for (let count = 0; count < 10; count += 1) log.publish("wave", "chat");
  log.publish("released", "chat");
  const kept = [first, first + 8, first + 9, first + 10, first + 11];
  expect(ids(log.since(0))).toEqual(kept);
  expect(log.since(first)).toMatchObject({ missed: true });
  expect(ids(log.since(first))).toEqual(kept.slice(1));
  expect(log.since(first + 7)).toMatchObject({ missed: false });
  expect(ids(log.since(first + 9))).toEqual([first + 10, first + 11]);
});

test("a listener that resumes after a restart is told that it missed something", () => {
  const clock = new ManualClock();
  const { id } = new EventLog({ clock }).publish("released", "chat");
  clock.advance(10_000);
  const restarted = new EventLog({ clock });
  expect(restarted.since(id)).toEqual({ events: [], missed: true });
  const { id: next } = restarted.publish("released", "chat");
  expect(next).toBeGreaterThan(id);
  expect(restarted.since(id)).toMatchObject({ missed: true, events: [{ id: next }] });
});

test("a number that was never given counts as missed", () => {
  const log = new EventLog({ clock: new ManualClock() });
  const { id } = log.publish("released", "chat");
  expect(log.since(id + 1)).toMatchObject({ missed: true });
});

test("a subscriber hears each event until it unsubscribes", () => {
  const log = new EventLog({ clock: new ManualClock() });
  const heard = vi.fn<(event: LoggedEvent) => void>();
  const unsubscribe = log.subscribe(heard);
  const event = log.publish("released", "chat");
  unsubscribe();
  unsubscribe();
  log.publish("released", "chat");
  expect(heard.mock.calls).toEqual([[event]]);
});

test("a subscriber that throws takes nothing from the others", () => {
  const error = vi.fn<(fields: object, message: string) => void>();
  const log = new EventLog({ clock: new ManualClock(), log: { ...silentLog, error } });
  const heard = vi.fn<(event: LoggedEvent) => void>();
  log.subscribe(() => {
    throw new Error("broken pipe");
  });
  log.subscribe(heard);
  log.publish("released", "chat");
  expect(heard).toHaveBeenCalledOnce();
  expect(error).toHaveBeenCalledOnce();
});
