import { describe, expect, test } from "vitest";
import type { MaintenanceWindow } from "../../src/control/maintenance-window.ts";
import type { ServiceState } from "../../src/control/state.ts";
import type { ScheduleWindow } from "../../src/control/window-commands.ts";
import type { Mode } from "../../src/gateway/snapshot.ts";
import { NOW, chatState, outcomeOf } from "./fixtures.ts";

const MINUTE = 60_000;
const at = NOW;
const service = "chat";
const startsAt = NOW + 10 * MINUTE;
const endsAt = startsAt + 30 * MINUTE;

const SCHEDULED: MaintenanceWindow = {
  startsAt,
  endsAt,
  message: "New disks",
  retryAfterMs: null,
  phase: "scheduled",
};
const ANNOUNCED: MaintenanceWindow = { ...SCHEDULED, phase: "announced" };
const RUNNING: MaintenanceWindow = { ...SCHEDULED, phase: "running" };
const MAINTENANCE: Mode = {
  name: "maintenance",
  since: startsAt,
  message: "New disks",
  expectedEnd: endsAt,
  retryAfterMs: 30_000,
};
const IN_WINDOW: Partial<ServiceState> = { window: RUNNING, mode: MAINTENANCE };

function schedule(change: Partial<ScheduleWindow> = {}): ScheduleWindow {
  const window = { startsAt, forMs: 30 * MINUTE, message: "New disks", retryAfterMs: null };
  return { type: "schedule_window", at, service, ...window, ...change };
}

function after(state: Partial<ServiceState>, command: Parameters<typeof outcomeOf>[1]) {
  const outcome = outcomeOf(chatState(state), command);
  if ("code" in outcome) throw new Error(outcome.message);
  const events = outcome.events.map(({ type, data }) => ({ type, ...data }));
  return { window: outcome.chat.window, mode: outcome.chat.mode, events };
}

function refusalOf(state: Partial<ServiceState>, command: Parameters<typeof outcomeOf>[1]) {
  const outcome = outcomeOf(chatState(state), command);
  return "code" in outcome ? `${outcome.code}: ${outcome.message}` : "not refused";
}

describe("planning a window", () => {
  test("leaves the mode as it is", () => {
    const planned = after({}, schedule());
    expect(planned).toEqual({
      window: SCHEDULED,
      mode: { name: "open" },
      events: [{ type: "window_scheduled", startsAt, endsAt, message: "New disks" }],
    });
  });

  test("a second time the same changes nothing", () => {
    expect(after({ window: SCHEDULED }, schedule()).events).toEqual([]);
  });

  test.each([
    ["in the past", {}, { startsAt: NOW - 1 }, /^bad_request: at is .*, which has passed$/],
    ["further than a year ahead", {}, { startsAt: NOW + 400 * 86_400_000 }, /^bad_request: .*a year ahead$/],
    ["at no time", {}, { startsAt: Number.NaN }, /^bad_request/],
    ["for no time", {}, { forMs: 0 }, /^bad_request: for is 0 ms/],
    ["for months", {}, { forMs: 90 * 86_400_000 }, /^bad_request: for is/],
    ["over another", { window: ANNOUNCED }, { startsAt: startsAt + MINUTE }, /^window_exists: .*cancel it/],
    ["now, before another", { window: ANNOUNCED }, { startsAt: null }, /^window_exists/],
    ["after one that runs", IN_WINDOW, { startsAt: endsAt + MINUTE }, /^window_exists/],
  ])("%s is refused", (_title, state, change, refusal) => {
    expect(refusalOf(state, schedule(change))).toMatch(refusal);
  });

  test("for now begins at once", () => {
    const { window, mode, events } = after({}, schedule({ startsAt: null }));
    expect(window).toMatchObject({ startsAt: NOW, endsAt: NOW + 30 * MINUTE, phase: "running" });
    expect(mode).toMatchObject({ name: "maintenance", since: NOW, expectedEnd: NOW + 30 * MINUTE });
    expect(events).toMatchObject([
      { type: "window_scheduled" },
      { type: "maintenance_on", cause: "window", message: "New disks" },
    ]);
  });

  test("for now, while one runs, gives it another end", () => {
    const later = startsAt + MINUTE;
    const extended = after(IN_WINDOW, schedule({ at: later, startsAt: null, message: null }));
    const end = later + 30 * MINUTE;
    expect(extended.window).toEqual({ ...RUNNING, endsAt: end });
    expect(extended.mode).toEqual({ ...MAINTENANCE, expectedEnd: end });
  });

  test.each([
    ["takes what is asked for", { message: "Longer", retryAfterMs: 120_000 }, "Longer", 120_000],
    ["keeps what was changed meanwhile", { message: null }, "Almost", 45_000],
  ])("for now, while one runs, %s", (_title, change, message, retryAfterMs) => {
    const mode: Mode = { ...MAINTENANCE, message: "Almost", retryAfterMs: 45_000 };
    const window = { ...RUNNING, retryAfterMs: 30_000 };
    const renewed = after({ window, mode }, schedule({ at: startsAt, startsAt: null, ...change }));
    expect(renewed.mode).toMatchObject({ message, retryAfterMs, expectedEnd: endsAt });
    expect(renewed.window).toMatchObject({ message });
  });
});

describe("when its time comes a window", () => {
  const keep = (due: "window_announce" | "window_start" | "window_miss" | "window_end", time: number) =>
    ({ type: "keep_schedule", at: time, service, due }) as const;

  test("is announced, begins and ends", () => {
    const announced = after({ window: SCHEDULED }, keep("window_announce", NOW));
    expect(announced).toMatchObject({ window: ANNOUNCED, events: [{ type: "window_announced", startsAt }] });
    const begun = after({ window: ANNOUNCED }, keep("window_start", startsAt));
    expect(begun).toMatchObject({
      ...IN_WINDOW,
      events: [{ type: "maintenance_on", cause: "window", from: "open" }],
    });
    const ended = after(IN_WINDOW, keep("window_end", endsAt));
    expect(ended).toMatchObject({
      window: null,
      mode: { name: "open" },
      events: [{ type: "maintenance_off", cause: "window_ended" }],
    });
  });

  test.each([
    ["begins too early", { window: ANNOUNCED }, keep("window_start", startsAt - 1)],
    ["ends too early", IN_WINDOW, keep("window_end", endsAt - 1)],
    ["is announced twice", { window: ANNOUNCED }, keep("window_announce", NOW)],
    ["begins twice", IN_WINDOW, keep("window_start", startsAt)],
    ["begins when it was cancelled", {}, keep("window_start", startsAt)],
  ])("never %s", (_title, state, command) => {
    expect(after(state, command).events).toEqual([]);
  });

  test("is dropped when it has passed", () => {
    const missed = after({ window: SCHEDULED }, keep("window_miss", endsAt));
    expect(missed).toMatchObject({ window: null, mode: { name: "open" } });
    expect(missed.events).toMatchObject([{ type: "window_missed", cause: "gateway_was_down" }]);
  });

  test("leaves alone a maintenance that an operator has begun", () => {
    const theirs: Mode = { ...MAINTENANCE, expectedEnd: null };
    const missed = after({ window: ANNOUNCED, mode: theirs }, keep("window_start", startsAt));
    expect(missed).toMatchObject({ window: null, mode: theirs });
    expect(missed.events).toMatchObject([{ type: "window_missed", cause: "in_maintenance" }]);
  });
});

describe("an operator who commands the mode while a window runs", () => {
  test.each([
    ["switches off", { type: "maintenance_off", at, service } as const, "open"],
    ["holds", { type: "hold", at, service } as const, "hold"],
    ["gives another end", { type: "maintenance_on", at, service, expectedEnd: null } as const, "maintenance"],
  ])("and %s has it from then on", (_title, command, name) => {
    const { window, mode, events } = after(IN_WINDOW, command);
    expect({ window, mode: mode.name }).toEqual({ window: null, mode: name });
    expect(events.at(-1)).toMatchObject({ type: "window_cancelled", cause: command.type });
  });

  test("and only changes the words leaves the window its end", () => {
    const { window, mode } = after(IN_WINDOW, { type: "maintenance_on", at, service, message: "Almost" });
    expect(window).toEqual(RUNNING);
    expect(mode).toMatchObject({ message: "Almost", expectedEnd: endsAt });
  });

  test("leaves one that is still to come as it is", () => {
    const { window } = after({ window: ANNOUNCED }, { type: "hold", at, service });
    expect(window).toEqual(ANNOUNCED);
  });
});

describe("cancelling", () => {
  test("forgets what is planned", () => {
    const cancelled = after({ window: ANNOUNCED }, { type: "cancel_window", at, service });
    expect(cancelled).toMatchObject({ window: null, mode: { name: "open" } });
    expect(cancelled.events).toMatchObject([{ type: "window_cancelled", cause: "cancel_window" }]);
  });

  test("ends what runs", () => {
    const cancelled = after(IN_WINDOW, { type: "cancel_window", at, service });
    expect(cancelled).toMatchObject({ window: null, mode: { name: "open" } });
    expect(cancelled.events.map(({ type }) => type)).toEqual(["maintenance_off", "window_cancelled"]);
  });

  test("nothing changes nothing", () => {
    expect(after({}, { type: "cancel_window", at, service }).events).toEqual([]);
  });
});
