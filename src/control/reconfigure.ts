// New settings under a running state: services come with defaults and go with all they had, and a slot
// never keeps the name of an upstream that is gone.

import { isDeepStrictEqual } from "node:util";
import type { ServiceSettings, Settings } from "../config/settings.ts";
import type { Slots } from "../gateway/snapshot.ts";
import type { StateEvent } from "./decision.ts";
import { initialServiceState, knownUpstreams } from "./state.ts";
import type { ServiceState, State } from "./state.ts";

export interface Reconfigure {
  type: "reconfigure";
  at: number;
  settings: Settings;
}

interface Reconciled {
  state: State;
  events: StateEvent[];
}

/**
 * Any difference in the settings makes a new version, even when no slot and no mode moves: the gateway
 * takes a snapshot only when its version goes up.
 */
export function reconfigure(state: State, before: Settings, after: Settings): Reconciled {
  const reconciled = reconcile(state, after);
  if (reconciled.state === state && isDeepStrictEqual(before, after)) return reconciled;
  const reconfigured: StateEvent = { type: "reconfigured", service: null, data: {} };
  return {
    state: { ...reconciled.state, version: state.version + 1 },
    events: [reconfigured, ...reconciled.events],
  };
}

/** Makes a state fit the settings; the very same state when it does already. */
export function reconcile(state: State, settings: Settings): Reconciled {
  const events: StateEvent[] = [];
  const services: Record<string, ServiceState> = {};
  for (const service of settings.services) {
    const known = Object.hasOwn(state.services, service.name) ? state.services[service.name] : undefined;
    if (!known) events.push({ type: "service_added", service: service.name, data: {} });
    services[service.name] = known ? repairSlots(known, service, events) : initialServiceState(service);
  }
  for (const name of Object.keys(state.services)) {
    if (!Object.hasOwn(services, name)) events.push({ type: "service_removed", service: name, data: {} });
  }
  if (events.length === 0) return { state, events };
  return { state: { ...state, version: state.version + 1, services }, events };
}

function repairSlots(state: ServiceState, settings: ServiceSettings, events: StateEvent[]): ServiceState {
  const before = state.slots;
  const after = fittingSlots(state, settings);
  if (isDeepStrictEqual(before, after)) return state;
  events.push({ type: "slots_repaired", service: settings.name, data: { before, after } });
  if (state.canary !== null) {
    const data = { percent: null, before: state.canary.percent };
    events.push({ type: "canary_changed", service: settings.name, data });
  }
  return { ...state, slots: after, canary: null };
}

function fittingSlots(state: ServiceState, settings: ServiceSettings): Slots {
  const known = knownUpstreams(state, settings);
  const { slots } = state;
  const keep = (name: string | null, ...taken: (string | null)[]) =>
    name !== null && Object.hasOwn(known, name) && !taken.includes(name) ? name : null;
  const active = keep(slots.active) ?? settings.active;
  const candidate = keep(slots.candidate, active);
  return { active, candidate, previous: keep(slots.previous, active, candidate) };
}
