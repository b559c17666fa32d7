// What a command comes to: a new state with the events that tell what happened, or a refusal.

import type { ServiceSettings } from "../config/settings.ts";
import type { ErrorCode } from "../lib/gateway-error.ts";
import type { ServiceState, State } from "./state.ts";

export type StateEventType =
  | "maintenance_on"
  | "maintenance_changed"
  | "maintenance_off"
  | "hold_started"
  | "hold_renewed"
  | "released"
  | "window_scheduled"
  | "window_announced"
  | "window_cancelled"
  | "window_missed"
  | "announced"
  | "announcement_withdrawn"
  | "upstream_put"
  | "upstream_deleted"
  | "candidate_set"
  | "candidate_cleared"
  | "cutover"
  | "rollback"
  | "canary_changed"
  | "reconfigured"
  | "service_added"
  | "service_removed"
  | "slots_repaired";

export interface StateEvent {
  type: StateEventType;
  /** Null: about the gateway as a whole. */
  service: string | null;
  data: Record<string, unknown>;
}

export interface Refusal {
  ok: false;
  code: ErrorCode;
  message: string;
}

/** A command that changes nothing gives back the very state it was given, and no events. */
export type Decision = { ok: true; state: State; events: StateEvent[] } | Refusal;

/** The same for one service; the version is the business of whoever puts it into the State. */
export type ServiceDecision = { ok: true; state: ServiceState; events: StateEvent[] } | Refusal;

/** One service as a command finds it. */
export interface ServiceView {
  state: ServiceState;
  settings: ServiceSettings;
}

export function refuse(code: ErrorCode, message: string): Refusal {
  return { ok: false, code, message };
}

export function unchanged(view: ServiceView): ServiceDecision {
  return { ok: true, state: view.state, events: [] };
}

export function changed(
  view: ServiceView,
  change: Partial<ServiceState>,
  type: StateEventType,
  data: Record<string, unknown> = {},
): ServiceDecision {
  return {
    ok: true,
    state: { ...view.state, ...change },
    events: [{ type, service: view.settings.name, data }],
  };
}
