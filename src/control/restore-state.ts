import type { Settings } from "../config/settings.ts";
import { decide } from "./commands.ts";
import type { StateEvent } from "./decision.ts";
import { reconcile } from "./reconfigure.ts";
import { initialState } from "./state.ts";
import type { State } from "./state.ts";

/**
 * What a start makes of the state it finds (null: none): it is fitted to settings that may have changed
 * meanwhile, and a hold whose lease ran out while no gateway was there becomes what `onLeaseEnd` says.
 */
export function restoreState(
  found: State | null,
  settings: Settings,
  at: number,
): { state: State; events: StateEvent[] } {
  if (!found) return { state: initialState(settings), events: [] };
  let { state, events } = reconcile(found, settings);
  for (const { name: service } of settings.services) {
    const mode = state.services[service]?.mode;
    if (mode?.name !== "hold" || mode.leaseEndsAt > at) continue;
    const { leaseEndsAt, onLeaseEnd } = mode;
    const decision = decide(state, { type: "lease_ended", at, service, leaseEndsAt, onLeaseEnd }, settings);
    if (decision.ok) ({ state, events } = { state: decision.state, events: [...events, ...decision.events] });
  }
  return { state, events };
}
