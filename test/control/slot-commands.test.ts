import { describe, expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import type { SlotCommand } from "../../src/control/slot-commands.ts";
import type { Slots } from "../../src/gateway/snapshot.ts";
import { NOW, chatState, outcomeOf, testSettings } from "./fixtures.ts";

const at = NOW;
const service = "chat";

const FRESH: Slots = { active: "blue", candidate: null, previous: null };
const PREPARED: Slots = { active: "blue", candidate: "green", previous: null };
const CUT_OVER: Slots = { active: "green", candidate: null, previous: "blue" };

function after(slots: Slots, command: SlotCommand) {
  const outcome = outcomeOf(chatState({ slots }), command);
  if ("code" in outcome) return outcome;
  return { slots: outcome.chat.slots, events: outcome.events };
}

const cutover = { type: "cutover", at, service, force: false, candidateHealthy: true } as const;
const rollback = { type: "rollback", at, service, force: false, previousHealthy: true } as const;

describe("the candidate", () => {
  test("is set", () => {
    expect(after(FRESH, { type: "set_candidate", at, service, upstream: "green" })).toEqual({
      slots: PREPARED,
      events: [{ type: "candidate_set", service, data: { upstream: "green", before: null } }],
    });
  });

  test("is replaced by another", () => {
    expect(after(PREPARED, { type: "set_candidate", at, service, upstream: "red" })).toMatchObject({
      slots: { active: "blue", candidate: "red", previous: null },
      events: [{ data: { upstream: "red", before: "green" } }],
    });
  });

  test("that was the previous upstream is no longer the way back", () => {
    expect(after(CUT_OVER, { type: "set_candidate", at, service, upstream: "blue" })).toMatchObject({
      slots: { active: "green", candidate: "blue", previous: null },
    });
  });

  test("is cleared", () => {
    expect(after(PREPARED, { type: "clear_candidate", at, service })).toEqual({
      slots: FRESH,
      events: [{ type: "candidate_cleared", service, data: { upstream: "green" } }],
    });
  });
});

describe("cutover", () => {
  test("makes the candidate active and the active one previous", () => {
    expect(after(PREPARED, cutover)).toEqual({
      slots: CUT_OVER,
      events: [{ type: "cutover", service, data: { from: "blue", to: "green", forced: false } }],
    });
  });

  test("goes to any known upstream that is named, and clears the candidate", () => {
    expect(after(PREPARED, { ...cutover, to: "red" })).toMatchObject({
      slots: { active: "red", candidate: null, previous: "blue" },
    });
  });

  test("goes to one that is not healthy when forced", () => {
    expect(after(PREPARED, { ...cutover, candidateHealthy: false, force: true })).toMatchObject({
      slots: CUT_OVER,
      events: [{ data: { forced: true } }],
    });
  });

  test("does not touch the mode", () => {
    const mode = {
      name: "hold",
      since: NOW,
      leaseEndsAt: NOW + 1,
      onLeaseEnd: "open",
      maxWaitMs: 1,
    } as const;
    expect(outcomeOf(chatState({ mode, slots: PREPARED }), cutover)).toMatchObject({
      chat: { mode, slots: CUT_OVER },
    });
  });
});

describe("rollback", () => {
  test("exchanges active and previous", () => {
    expect(after(CUT_OVER, rollback)).toEqual({
      slots: { active: "blue", candidate: null, previous: "green" },
      events: [{ type: "rollback", service, data: { from: "green", to: "blue", forced: false } }],
    });
  });

  test("keeps the candidate", () => {
    expect(after({ ...CUT_OVER, candidate: "red" }, rollback)).toMatchObject({
      slots: { active: "blue", candidate: "red", previous: "green" },
    });
  });

  test("goes back to one that is not healthy when forced", () => {
    expect(after(CUT_OVER, { ...rollback, previousHealthy: false, force: true })).toMatchObject({
      slots: { active: "blue" },
      events: [{ data: { forced: true } }],
    });
  });
});

const REFUSED: [title: string, slots: Slots, command: SlotCommand, code: string, message: string][] = [
  [
    "a candidate nobody knows",
    FRESH,
    { type: "set_candidate", at, service, upstream: "pink" },
    "unknown_upstream",
    "service chat has no upstream pink; there are: blue, green, red",
  ],
  [
    "a candidate with a name that every object has",
    FRESH,
    { type: "set_candidate", at, service, upstream: "constructor" },
    "unknown_upstream",
    "service chat has no upstream constructor; there are: blue, green, red",
  ],
  [
    "the active one as candidate",
    FRESH,
    { type: "set_candidate", at, service, upstream: "blue" },
    "already_active",
    "upstream blue is the active one of service chat already",
  ],
  [
    "a cutover without a candidate",
    FRESH,
    cutover,
    "no_candidate",
    "service chat has no candidate; set one, or name the upstream to cut over to",
  ],
  [
    "a cutover to one nobody knows",
    PREPARED,
    { ...cutover, to: "pink" },
    "unknown_upstream",
    "service chat has no upstream pink; there are: blue, green, red",
  ],
  [
    "a cutover to the active one, forced or not",
    PREPARED,
    { ...cutover, to: "blue", force: true },
    "already_active",
    "upstream blue is the active one of service chat already",
  ],
  [
    "a cutover to one that is not healthy",
    PREPARED,
    { ...cutover, candidateHealthy: false },
    "not_healthy",
    "cutover refused: upstream green is not healthy; wait until its health checks pass, or use force",
  ],
  [
    "a rollback with nothing to go back to",
    FRESH,
    rollback,
    "no_previous",
    "service chat has no previous upstream to go back to",
  ],
  [
    "a rollback to one that is not healthy",
    CUT_OVER,
    { ...rollback, previousHealthy: false },
    "not_healthy",
    "rollback refused: upstream blue is not healthy; wait until its health checks pass, or use force",
  ],
];

test.each(REFUSED)("%s is refused", (_title, slots, command, code, message) => {
  expect(after(slots, command)).toEqual({ code, message });
});

test.each<[Slots, SlotCommand]>([
  [PREPARED, { type: "set_candidate", at, service, upstream: "green" }],
  [FRESH, { type: "clear_candidate", at, service }],
])("from %o, %o changes nothing", (slots, command) => {
  const state = chatState({ slots });
  expect(decide(state, command, testSettings())).toEqual({ ok: true, state, events: [] });
});
