import { describe, expect, test } from "vitest";
import type { CanaryCommand } from "../../src/control/canary-commands.ts";
import type { Command } from "../../src/control/commands.ts";
import { reconfigure } from "../../src/control/reconfigure.ts";
import type { ServiceState } from "../../src/control/state.ts";
import { stateSchema } from "../../src/control/state.ts";
import { NOW, chatOf, chatState, outcomeOf, serviceSettings, testSettings } from "./fixtures.ts";

const at = NOW + 5;
const service = "chat";
const PREPARED = { slots: { active: "blue", candidate: "green", previous: "red" } };
const RUNNING = { ...PREPARED, canary: { percent: 20, since: NOW } };

function after(change: Partial<ServiceState>, command: Command) {
  const outcome = outcomeOf(chatState(change), command);
  return "code" in outcome ? outcome : { canary: outcome.chat.canary, events: outcome.events };
}

describe("a canary", () => {
  test("begins, and is told with the candidate it is for", () => {
    expect(after(PREPARED, { type: "set_canary", at, service, percent: 20 })).toEqual({
      canary: { percent: 20, since: at },
      events: [{ type: "canary_changed", service, data: { percent: 20, before: null, candidate: "green" } }],
    });
  });

  test("keeps its beginning when the percentage changes, so that the same clients stay", () => {
    expect(after(RUNNING, { type: "set_canary", at, service, percent: 30 })).toMatchObject({
      canary: { percent: 30, since: NOW },
      events: [{ data: { percent: 30, before: 20 } }],
    });
  });

  test.each([0, 100])("may be of %s percent", (percent) => {
    expect(after(PREPARED, { type: "set_canary", at, service, percent })).toMatchObject({
      canary: { percent },
    });
  });

  test("ends", () => {
    expect(after(RUNNING, { type: "clear_canary", at, service })).toEqual({
      canary: null,
      events: [{ type: "canary_changed", service, data: { percent: null, before: 20 } }],
    });
  });

  test.each<[string, Partial<ServiceState>, CanaryCommand]>([
    ["set to what it is", RUNNING, { type: "set_canary", at, service, percent: 20 }],
    ["ended when there is none", PREPARED, { type: "clear_canary", at, service }],
  ])("that is %s changes nothing", (_what, change, command) => {
    expect(outcomeOf(chatState(change), command)).toMatchObject({ version: 1, events: [] });
  });
});

describe("a canary ends with the candidate it was for:", () => {
  test.each<[string, Command]>([
    ["a cutover", { type: "cutover", at, service, force: false, candidateHealthy: true }],
    [
      "a cutover to another",
      { type: "cutover", at, service, to: "red", force: true, candidateHealthy: false },
    ],
    ["a rollback", { type: "rollback", at, service, force: false, previousHealthy: true }],
    ["another candidate", { type: "set_candidate", at, service, upstream: "red" }],
    ["no candidate any more", { type: "clear_candidate", at, service }],
  ])("%s", (_what, command) => {
    const outcome = after(RUNNING, command);
    expect(outcome).toMatchObject({ canary: null });
    const ended = { type: "canary_changed", service, data: { percent: null, before: 20 } };
    expect("events" in outcome && outcome.events.slice(1)).toEqual([ended]);
  });

  test("the candidate is gone from the config", () => {
    const { blue, red } = serviceSettings("chat").upstreams;
    if (!blue || !red) throw new Error("the fixture has them");
    const without = testSettings([serviceSettings("chat", { upstreams: { blue, red } })]);
    const { state, events } = reconfigure(chatState(RUNNING), testSettings(), without);
    expect(chatOf(state)).toMatchObject({ canary: null, slots: { candidate: null } });
    expect(events.map(({ type }) => type)).toEqual(["reconfigured", "slots_repaired", "canary_changed"]);
  });

  test("but setting the same candidate again does not end it", () => {
    const again = { type: "set_candidate", at, service, upstream: "green" } as const;
    expect(after(RUNNING, again)).toEqual({ canary: RUNNING.canary, events: [] });
  });
});

test.each<[string, Partial<ServiceState>, number, string]>([
  ["101 percent", PREPARED, 101, "bad_request"],
  ["less than nothing", PREPARED, -1, "bad_request"],
  ["half a percent", PREPARED, 0.5, "bad_request"],
  ["no number", PREPARED, Number.NaN, "bad_request"],
  ["a canary without a candidate", {}, 20, "no_candidate"],
])("%s is refused", (_what, change, percent, code) => {
  expect(after(change, { type: "set_canary", at, service, percent })).toMatchObject({ code });
});

test("a state file of a version without canaries is read, one with a canary comes back as it was", () => {
  const state = chatState(RUNNING);
  expect(stateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  const { canary: _canary, ...older } = chatOf(chatState(PREPARED));
  const read = stateSchema.parse({ format: 1, version: 7, services: { chat: older } });
  expect(chatOf(read)).toEqual({ ...older, canary: null });
});
