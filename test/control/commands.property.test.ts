// Laws that hold after any sequence of commands, whatever they are and in whatever order.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/control/commands.ts";
import type { Command } from "../../src/control/commands.ts";
import { initialState, knownUpstreams, stateSchema } from "../../src/control/state.ts";
import type { State } from "../../src/control/state.ts";
import type { ServiceSettings, Settings } from "../../src/config/settings.ts";
import { NOW, serviceSettings, testSettings, upstreamSettings } from "./fixtures.ts";

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const at = fc.integer({ min: NOW, max: NOW + 1_000_000 });
const service = fc.constantFrom("chat", "wiki", "gone");
const upstream = fc.constantFrom("blue", "green", "red", "pink", "constructor", "__proto__");
const onLeaseEnd = fc.constantFrom("maintenance" as const, "open" as const);
// Without -0, which JSON does not know.
const double = fc.double().map((value) => value + 0);
const duration = fc.oneof(double, fc.integer({ min: -1, max: 1_000_000 }));
const health = fc.record({ good: maybe(fc.nat()), path: maybe(fc.string()), host: maybe(fc.constant(null)) });

const due = fc.constantFrom(
  "window_announce" as const,
  "window_start" as const,
  "window_miss" as const,
  "window_end" as const,
  "announcement_end" as const,
);

const settings: fc.Arbitrary<Settings> = fc
  .uniqueArray(fc.constantFrom("chat", "wiki"), { minLength: 1 })
  .chain((names) => fc.tuple(...names.map(arbitraryService)))
  .map((services) => testSettings(services));

function arbitraryService(name: string): fc.Arbitrary<ServiceSettings> {
  const names = fc.uniqueArray(fc.constantFrom("blue", "green", "red", "constructor"), { minLength: 1 });
  return names.map((names) => {
    const upstreams = Object.fromEntries(names.map((name) => [name, upstreamSettings("http://127.0.0.1:1")]));
    return serviceSettings(name, { upstreams, active: names[0] ?? "blue" });
  });
}

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant("maintenance_on" as const),
    at,
    service,
    message: maybe(fc.option(fc.string())),
    expectedEnd: maybe(fc.option(fc.oneof(at, double))),
    retryAfterMs: maybe(duration),
  }),
  fc.record({
    type: fc.constantFrom(
      "maintenance_off" as const,
      "release" as const,
      "clear_candidate" as const,
      "clear_canary" as const,
    ),
    at,
    service,
  }),
  fc.record({
    type: fc.constant("hold" as const),
    at,
    service,
    leaseMs: maybe(duration),
    maxWaitMs: maybe(duration),
    onLeaseEnd: maybe(onLeaseEnd),
  }),
  fc.record({ type: fc.constant("lease_ended" as const), at, service, leaseEndsAt: at, onLeaseEnd }),
  fc.record({
    type: fc.constant("put_upstream" as const),
    at,
    service,
    name: upstream,
    urls: fc.array(fc.webUrl(), { maxLength: 3 }),
    health: maybe(health),
  }),
  fc.record({ type: fc.constant("delete_upstream" as const), at, service, name: upstream }),
  fc.record({ type: fc.constant("set_candidate" as const), at, service, upstream }),
  fc.record({
    type: fc.constant("cutover" as const),
    at,
    service,
    to: maybe(upstream),
    force: fc.boolean(),
    candidateHealthy: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("rollback" as const),
    at,
    service,
    force: fc.boolean(),
    previousHealthy: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("schedule_window" as const),
    at,
    service,
    startsAt: fc.option(at),
    forMs: duration,
    message: fc.option(fc.string()),
    retryAfterMs: fc.option(duration),
  }),
  fc.record({ type: fc.constant("keep_schedule" as const), at, service, due }),
  fc.record({
    type: fc.constantFrom("cancel_window" as const, "withdraw_announcement" as const),
    at,
    service,
  }),
  fc.record({
    type: fc.constant("announce" as const),
    at,
    service,
    announcement: fc.record({ message: fc.string(), at: fc.option(at) }),
  }),
  fc.record({
    type: fc.constant("set_canary" as const),
    at,
    service,
    percent: fc.oneof(fc.nat(110), double),
  }),
  fc.record({ type: fc.constant("reconfigure" as const), at, settings }),
);

/** Carries out the commands, looking at the state after each. */
function play(first: Settings, commands: Command[], look: (step: Step) => void): void {
  let inForce = first;
  let state = initialState(first);
  for (const command of commands) {
    const decision = decide(state, command, inForce);
    const next = decision.ok ? decision.state : state;
    if (command.type === "reconfigure" && next !== state) inForce = command.settings;
    const events = decision.ok ? decision.events.length : 0;
    look({ before: state, after: next, events, settings: inForce });
    state = next;
  }
}

interface Step {
  before: State;
  after: State;
  events: number;
  settings: Settings;
}

const history = [settings, fc.array(command, { maxLength: 40 })] as const;

test("slots name known upstreams, each at most once", () => {
  fc.assert(
    fc.property(...history, (first, commands) => {
      play(first, commands, ({ after, settings }) => {
        expect(Object.keys(after.services).toSorted()).toEqual(
          settings.services.map(({ name }) => name).toSorted(),
        );
        for (const own of settings.services) {
          const state = after.services[own.name];
          if (!state) throw new Error(`${own.name} has no state`);
          const filled = Object.values(state.slots).filter((name) => name !== null);
          expect(new Set(filled).size).toBe(filled.length);
          const known = knownUpstreams(state, own);
          if (state.slots.candidate === null) expect(state.canary).toBeNull();
          for (const name of filled) expect(Object.hasOwn(known, name)).toBe(true);
        }
      });
    }),
  );
});

test("the version goes up by one with each change and only then, and each change has an event", () => {
  fc.assert(
    fc.property(...history, (first, commands) => {
      play(first, commands, ({ before, after, events }) => {
        expect(after.version).toBe(before.version + (after === before ? 0 : 1));
        expect(events > 0).toBe(after !== before);
      });
    }),
  );
});

test("every state can be written and read back as it is", () => {
  fc.assert(
    fc.property(...history, (first, commands) => {
      play(first, commands, ({ after }) => {
        expect(stateSchema.parse(JSON.parse(JSON.stringify(after)))).toEqual(after);
      });
    }),
  );
});

test("a window that runs is always that of the maintenance which is on", () => {
  fc.assert(
    fc.property(...history, (first, commands) => {
      play(first, commands, ({ after }) => {
        for (const { window, mode } of Object.values(after.services)) {
          if (window?.phase !== "running") continue;
          expect(mode).toMatchObject({ name: "maintenance", expectedEnd: window.endsAt });
        }
      });
    }),
  );
});

test("a state is never changed in place", () => {
  fc.assert(
    fc.property(...history, (first, commands) => {
      play(first, commands, ({ before, after }) => {
        deepFreeze(before);
        deepFreeze(after);
      });
    }),
  );
});

/** Writing to a frozen object throws in a module. */
function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
