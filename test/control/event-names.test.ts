import { expect, test } from "vitest";
import { type EventName, EVENT_NAMES, NEWS, eventsLike } from "../../src/config/event-names.ts";
import type { StateEventType } from "../../src/control/decision.ts";
import { isFrequent } from "../../src/control/frequent-events.ts";
import type { UpgradeEvent } from "../../src/control/upgrade-events.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-port.ts";

type Told =
  | StateEventType
  | GatewayEvent["type"]
  | UpgradeEvent["type"]
  | "runner_connected"
  | "runner_disconnected";

// An event that is missing in the list, or one too many there, does not compile.
const missing: Exclude<Told, EventName> extends never ? true : Exclude<Told, EventName> = true;
const surplus: Exclude<EventName, Told> extends never ? true : Exclude<EventName, Told> = true;

test("the config knows every event by name, and a * stands for those that come singly", () => {
  expect([missing, surplus]).toEqual([true, true]);
  expect(eventsLike("*")).toEqual(EVENT_NAMES.filter((name) => !isFrequent(name)));
});

test.each([
  ["cutover", ["cutover"]],
  ["wave", ["wave"]],
  ["window_*", ["window_scheduled", "window_announced", "window_cancelled", "window_missed"]],
  ["*_off", ["maintenance_off"]],
  ["h*d_s*", ["hold_started", "hold_settled"]],
  ["cut", []],
  ["nothing_*", []],
  ["", []],
])("%s stands for %o", (pattern, names) => {
  expect(eventsLike(pattern)).toEqual(names);
});

test("what a team wants to hear of are events that there are", () => {
  expect(NEWS.filter((pattern) => eventsLike(pattern).length === 0)).toEqual([]);
});
