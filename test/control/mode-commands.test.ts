import { describe, expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import type { ModeCommand } from "../../src/control/mode-commands.ts";
import type { Mode } from "../../src/gateway/snapshot.ts";
import { NOW, chatState, outcomeOf, serviceSettings, testSettings } from "./fixtures.ts";

const at = NOW;
const service = "chat";
const EARLIER = NOW - 60_000;

const OPEN: Mode = { name: "open" };
const HOLD: Mode = {
  name: "hold",
  since: EARLIER,
  leaseEndsAt: NOW + 1_000,
  onLeaseEnd: "open",
  maxWaitMs: 5_000,
};
const MAINTENANCE: Mode = {
  name: "maintenance",
  since: EARLIER,
  message: "Moving house",
  expectedEnd: NOW + 600_000,
  retryAfterMs: 10_000,
};

function after(mode: Mode, command: ModeCommand) {
  const outcome = outcomeOf(chatState({ mode }), command);
  if ("code" in outcome) throw new Error(outcome.message);
  return { mode: outcome.chat.mode, events: outcome.events, version: outcome.version };
}

describe("maintenance_on", () => {
  test("takes what is not given from the config", () => {
    expect(after(OPEN, { type: "maintenance_on", at, service })).toEqual({
      mode: {
        name: "maintenance",
        since: NOW,
        message: "Back soon",
        expectedEnd: null,
        retryAfterMs: 30_000,
      },
      events: [
        {
          type: "maintenance_on",
          service,
          data: { from: "open", message: "Back soon", expectedEnd: null },
        },
      ],
      version: 2,
    });
  });

  test("is allowed during a hold", () => {
    const { mode, events } = after(HOLD, { type: "maintenance_on", at, service, message: "Longer" });
    expect(mode).toMatchObject({ name: "maintenance", since: NOW, message: "Longer" });
    expect(events).toMatchObject([{ type: "maintenance_on", data: { from: "hold" } }]);
  });

  test("a second time changes only what is given, and keeps since when it began", () => {
    const { mode, events } = after(MAINTENANCE, {
      type: "maintenance_on",
      at,
      service,
      expectedEnd: NOW + 900_000,
    });
    expect(mode).toEqual({ ...MAINTENANCE, expectedEnd: NOW + 900_000 });
    expect(events).toMatchObject([{ type: "maintenance_changed", data: { expectedEnd: NOW + 900_000 } }]);
  });

  test("with null goes back to the config's message and an unknown end", () => {
    const { mode } = after(MAINTENANCE, {
      type: "maintenance_on",
      at,
      service,
      message: null,
      expectedEnd: null,
    });
    expect(mode).toEqual({ ...MAINTENANCE, message: "Back soon", expectedEnd: null });
  });

  test.each([{ retryAfterMs: 0 }, { retryAfterMs: Number.NaN }, { expectedEnd: 9e15 }, { expectedEnd: -1 }])(
    "refuses %o",
    (given) => {
      expect(outcomeOf(chatState(), { type: "maintenance_on", at, service, ...given })).toMatchObject({
        code: "bad_request",
      });
    },
  );
});

describe("hold", () => {
  test("takes what is not given from the config", () => {
    const mode = {
      name: "hold",
      since: NOW,
      leaseEndsAt: NOW + 300_000,
      onLeaseEnd: "maintenance",
      maxWaitMs: 30_000,
    };
    const { since: _since, name: _name, ...data } = mode;
    expect(after(OPEN, { type: "hold", at, service })).toEqual({
      mode,
      events: [{ type: "hold_started", service, data: { from: "open", ...data } }],
      version: 2,
    });
  });

  test("is allowed during maintenance", () => {
    const { mode, events } = after(MAINTENANCE, { type: "hold", at, service, leaseMs: 1_000 });
    expect(mode).toMatchObject({ name: "hold", since: NOW, leaseEndsAt: NOW + 1_000 });
    expect(events).toMatchObject([{ type: "hold_started", data: { from: "maintenance" } }]);
  });

  test("while holding renews the lease and keeps the rest", () => {
    const { mode, events } = after(HOLD, { type: "hold", at, service, leaseMs: 90_000 });
    expect(mode).toEqual({ ...HOLD, leaseEndsAt: NOW + 90_000 });
    expect(events).toMatchObject([{ type: "hold_renewed", data: { leaseEndsAt: NOW + 90_000 } }]);
  });

  test("while holding can change what happens at the end of the lease", () => {
    const command = { type: "hold", at, service, onLeaseEnd: "maintenance", maxWaitMs: 7_000 } as const;
    const { mode } = after(HOLD, command);
    expect(mode).toMatchObject({ since: EARLIER, onLeaseEnd: "maintenance", maxWaitMs: 7_000 });
  });

  test.each([{ leaseMs: 0 }, { leaseMs: -1 }, { maxWaitMs: Number.NaN }, { leaseMs: 8 * 24 * 3_600_000 }])(
    "refuses %o",
    (given) => {
      expect(outcomeOf(chatState(), { type: "hold", at, service, ...given })).toMatchObject({
        code: "bad_request",
      });
    },
  );
});

describe("back to open", () => {
  test.each([
    ["release", HOLD, "released"],
    ["release", MAINTENANCE, "maintenance_off"],
    ["maintenance_off", HOLD, "released"],
    ["maintenance_off", MAINTENANCE, "maintenance_off"],
  ] as const)("%s opens from %o, and the event names what ended", (type, mode, event) => {
    expect(after(mode, { type, at, service })).toEqual({
      mode: OPEN,
      events: [{ type: event, service, data: {} }],
      version: 2,
    });
  });
});

describe("lease_ended", () => {
  const leaseEndsAt = NOW + 1_000;

  test("turns the hold into maintenance as the config describes it", () => {
    const mode: Mode = { ...HOLD, onLeaseEnd: "maintenance" };
    const command = { type: "lease_ended", at, service, leaseEndsAt, onLeaseEnd: "maintenance" } as const;
    const { mode: next, events } = after(mode, command);
    expect(next).toMatchObject({ name: "maintenance", since: NOW, message: "Back soon" });
    expect(events).toMatchObject([{ type: "maintenance_on", data: { from: "hold", cause: "lease_ended" } }]);
  });

  test("opens when the hold says so", () => {
    const command = { type: "lease_ended", at, service, leaseEndsAt, onLeaseEnd: "open" } as const;
    expect(after(HOLD, command)).toMatchObject({
      mode: OPEN,
      events: [{ type: "released", data: { cause: "lease_ended" } }],
    });
  });

  test("leaves a hold alone that was renewed meanwhile", () => {
    const renewed: Mode = { ...HOLD, leaseEndsAt: NOW + 2_000 };
    const command = { type: "lease_ended", at, service, leaseEndsAt, onLeaseEnd: "open" } as const;
    expect(after(renewed, command)).toMatchObject({ mode: renewed, events: [] });
  });
});

describe("a command that finds everything so already changes nothing", () => {
  test.each<[ModeCommand["type"], Mode, ModeCommand]>([
    ["release", OPEN, { type: "release", at, service }],
    ["maintenance_off", OPEN, { type: "maintenance_off", at, service }],
    ["maintenance_on", MAINTENANCE, { type: "maintenance_on", at, service, message: "Moving house" }],
    ["hold", HOLD, { type: "hold", at, service, leaseMs: 1_000 }],
    ["lease_ended", OPEN, { type: "lease_ended", at, service, leaseEndsAt: NOW + 1_000, onLeaseEnd: "open" }],
  ])("%s", (_name, mode, command) => {
    const state = chatState({ mode });
    const decision = decide(state, command, testSettings());
    expect(decision).toEqual({ ok: true, state, events: [] });
    expect(decision.ok && decision.state).toBe(state);
  });
});

test("a mode concerns its service only", () => {
  const settings = testSettings([serviceSettings("chat"), serviceSettings("wiki", { hosts: ["wiki.test"] })]);
  const state = chatState();
  const decision = decide(state, { type: "hold", at, service: "wiki" }, settings);
  expect(decision).toMatchObject({
    ok: true,
    state: { services: { chat: { mode: OPEN }, wiki: { mode: { name: "hold" } } } },
  });
});

test("a service that is not configured is refused by name", () => {
  expect(outcomeOf(chatState(), { type: "hold", at, service: "wiki" })).toEqual({
    code: "unknown_service",
    message: "there is no service wiki; configured: chat",
  });
});
