import type { Settings } from "../config/settings.ts";
import { decide } from "./commands.ts";
import { dueAt, momentsOf } from "./maintenance-window.ts";
import type { StateEvent } from "./decision.ts";
import { reconcile } from "./reconfigure.ts";
import { initialState } from "./state.ts";
import type { State } from "./state.ts";

export interface Restored {
  state: State;
  events: StateEvent[];
}

/**
 * What a start makes of the state it finds (null: none): it is fitted to settings that may have changed
 * meanwhile, a hold whose lease ran out while no gateway was there becomes what `onLeaseEnd` says, and what was due of
 * windows and announcements is done.
 */
export function restoreState(found: State | null, settings: Settings, at: number): Restored {
  if (!found) return { state: initialState(settings), events: [] };
  let { state, events } = reconcile(found, settings);
  for (const { name: service } of settings.services) {
    const mode = state.services[service]?.mode;
    if (mode?.name !== "hold" || mode.leaseEndsAt > at) continue;
    const { leaseEndsAt, onLeaseEnd } = mode;
    const decision = decide(state, { type: "lease_ended", at, service, leaseEndsAt, onLeaseEnd }, settings);
    if (decision.ok) ({ state, events } = { state: decision.state, events: [...events, ...decision.events] });
  }
  return keepSchedules({ state, events }, settings, at);
}

function keepSchedules(restored: Restored, settings: Settings, at: number): Restored {
  let { state, events } = restored;
  for (const service of settings.services) {
    const own = state.services[service.name];
    for (const due of own ? dueAt(momentsOf(own, service), at) : []) {
      const decision = decide(state, { type: "keep_schedule", at, service: service.name, due }, settings);
      if (decision.ok)
        ({ state, events } = { state: decision.state, events: [...events, ...decision.events] });
    }
  }
  return { state, events };
}
