import { describe, expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import { restoreState } from "../../src/control/restore-state.ts";
import { snapshotOf } from "../../src/control/snapshot-of.ts";
import { initialState } from "../../src/control/state.ts";
import type { Settings } from "../../src/config/settings.ts";
import type { State } from "../../src/control/state.ts";
import { NOW, chatState, serviceSettings, testSettings, upstreamSettings } from "./fixtures.ts";

const before = testSettings();

function reconfigured(state: State, settings: Settings) {
  const decision = decide(state, { type: "reconfigure", at: NOW, settings }, before);
  if (!decision.ok) throw new Error(decision.message);
  return { services: decision.state.services, version: decision.state.version, events: decision.events };
}

describe("new settings", () => {
  test("that are the same change nothing", () => {
    const state = chatState();
    const decision = decide(state, { type: "reconfigure", at: NOW, settings: testSettings() }, before);
    expect(decision).toEqual({ ok: true, state, events: [] });
  });

  test("that move no slot still make a version, because the gateway has to take them over", () => {
    const settings = testSettings([serviceSettings("chat", { drainTimeoutMs: 1 })]);
    expect(reconfigured(chatState(), settings)).toEqual({
      services: chatState().services,
      version: 2,
      events: [{ type: "reconfigured", service: null, data: {} }],
    });
  });

  test("add a service with its defaults", () => {
    const settings = testSettings([serviceSettings("chat"), serviceSettings("wiki", { active: "red" })]);
    expect(reconfigured(chatState(), settings)).toMatchObject({
      services: {
        wiki: {
          mode: { name: "open" },
          slots: { active: "red", candidate: null, previous: null },
          upstreams: {},
        },
      },
      version: 2,
      events: [{ type: "reconfigured" }, { type: "service_added", service: "wiki" }],
    });
  });

  test("drop a service with all it had", () => {
    const settings = testSettings([serviceSettings("wiki")]);
    const { services, events } = reconfigured(chatState(), settings);
    expect(Object.keys(services)).toEqual(["wiki"]);
    expect(events).toContainEqual({ type: "service_removed", service: "chat", data: {} });
  });
});

describe("new settings under slots that moved", () => {
  test("without the active upstream fall back to the config's active one", () => {
    const slots = { active: "green", candidate: "red", previous: "blue" };
    const settings = testSettings([
      serviceSettings("chat", { upstreams: { blue: upstreamSettings("http://127.0.0.1:1") } }),
    ]);
    const after = { active: "blue", candidate: null, previous: null };
    expect(reconfigured(chatState({ slots }), settings)).toMatchObject({
      services: { chat: { slots: after } },
      events: [
        { type: "reconfigured" },
        { type: "slots_repaired", service: "chat", data: { before: slots, after } },
      ],
    });
  });

  test("leave the active upstream that a cutover chose", () => {
    const slots = { active: "green", candidate: null, previous: "blue" };
    const settings = testSettings([serviceSettings("chat", { active: "red" })]);
    expect(reconfigured(chatState({ slots }), settings)).toMatchObject({ services: { chat: { slots } } });
  });

  test("keep an upstream that came by the admin API", () => {
    const state = chatState({
      slots: { active: "pink", candidate: null, previous: "green" },
      upstreams: { pink: upstreamSettings("http://127.0.0.1:4000") },
    });
    const settings = testSettings([
      serviceSettings("chat", { upstreams: { blue: upstreamSettings("http://127.0.0.1:1") } }),
    ]);
    expect(reconfigured(state, settings)).toMatchObject({
      services: { chat: { slots: { active: "pink", candidate: null, previous: null } } },
    });
  });
});

describe("a start", () => {
  const hold = { name: "hold", since: NOW - 10, leaseEndsAt: NOW, maxWaitMs: 5 } as const;

  test("without a file begins with the config", () => {
    expect(restoreState(null, before, NOW)).toEqual({ state: initialState(before), events: [] });
  });

  test("gives back the state it finds when nothing has to change", () => {
    const found = chatState({ mode: { ...hold, leaseEndsAt: NOW + 1, onLeaseEnd: "open" } });
    expect(restoreState(found, before, NOW).state).toBe(found);
  });

  test.each(["maintenance", "open"] as const)(
    "turns a hold whose lease ran out meanwhile into %s",
    (onLeaseEnd) => {
      const found = chatState({ mode: { ...hold, onLeaseEnd } });
      const { state, events } = restoreState(found, before, NOW);
      expect(state).toMatchObject({ version: 2, services: { chat: { mode: { name: onLeaseEnd } } } });
      expect(events).toMatchObject([{ service: "chat", data: { cause: "lease_ended" } }]);
    },
  );

  test("fits the state to settings that changed meanwhile", () => {
    const found = chatState({ slots: { active: "gone", candidate: null, previous: null } });
    const { state, events } = restoreState(found, before, NOW);
    expect(state).toMatchObject({ version: 2, services: { chat: { slots: { active: "blue" } } } });
    expect(events).toMatchObject([{ type: "slots_repaired" }]);
  });
});

test("the snapshot has the upstreams of the config with those of the API on top", () => {
  const pink = upstreamSettings("http://127.0.0.1:4000");
  const state = chatState({ upstreams: { pink, green: pink } });
  const [chat] = snapshotOf(state, before).services;
  expect(Object.keys(chat?.upstreams ?? {})).toEqual(["blue", "green", "red", "pink"]);
  expect(chat?.upstreams["green"]).toBe(pink);
});
