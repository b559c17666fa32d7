// What happens to new work. Any mode can follow any other; asking for the one that is, adjusts it.
//
//                 hold                      maintenance_on
//        ┌────────────────────▶ hold ──────────────────────┐
//        │                      │  ▲ hold                  ▼
//      open ◀───────────────────┘  └───────────────── maintenance
//        ▲   release, lease_ended(open)                 ▲    │ │
//        │                          lease_ended(maintenance) │ │
//        └───────────────────────────────────────────────────┘ │ maintenance_on: new message or end
//             maintenance_off, release                         ▼ hold: renewed lease, same `since`

import { isDeepStrictEqual } from "node:util";
import type { Mode } from "../gateway/snapshot.ts";
import { changed, refuse, unchanged } from "./decision.ts";
import type { Refusal, ServiceDecision, ServiceView } from "./decision.ts";

export type ModeCommand =
  | MaintenanceOn
  | { type: "maintenance_off"; at: number; service: string }
  | Hold
  | { type: "release"; at: number; service: string }
  | LeaseEnded;

/** What is left out stays as it is while in maintenance, else comes from the config. */
export interface MaintenanceOn {
  type: "maintenance_on";
  at: number;
  service: string;
  /** Null: the config's message. */
  message?: string | null | undefined;
  /** Milliseconds since 1970; null: unknown. */
  expectedEnd?: number | null | undefined;
  retryAfterMs?: number | undefined;
}

/** The lease always starts anew; the rest, when left out, stays as it is in a hold, else is the config's. */
export interface Hold {
  type: "hold";
  at: number;
  service: string;
  leaseMs?: number | undefined;
  maxWaitMs?: number | undefined;
  onLeaseEnd?: "maintenance" | "open" | undefined;
}

/**
 * The gateway has acted on a lease that ran out. `leaseEndsAt` says of which hold: one that was renewed
 * meanwhile goes on. It is not compared with `at`, because a wall clock that was set back must not make
 * the state disagree with what the gateway has already done.
 */
export interface LeaseEnded {
  type: "lease_ended";
  at: number;
  service: string;
  leaseEndsAt: number;
  onLeaseEnd: "maintenance" | "open";
}

/** Longer is a mistake of units, and more than a timer can count (24 days) would fire at once. */
const LONGEST_DURATION_MS = 7 * 24 * 60 * 60 * 1000;

export function decideMode(view: ServiceView, command: ModeCommand): ServiceDecision {
  switch (command.type) {
    case "maintenance_on":
      return maintenanceOn(view, command);
    case "hold":
      return hold(view, command);
    case "maintenance_off":
    case "release":
      return open(view, {});
    case "lease_ended":
      return leaseEnded(view, command);
  }
}

function maintenanceOn(view: ServiceView, command: MaintenanceOn): ServiceDecision {
  const refusal = refuseDuration("retryAfter", command.retryAfterMs) ?? refuseTime(command.expectedEnd);
  if (refusal) return refusal;
  const { mode } = view.state;
  const was = mode.name === "maintenance" ? mode : fromConfig(view, command.at);
  return enterMaintenance(view, {
    ...was,
    message: command.message === null ? view.settings.maintenance.message : (command.message ?? was.message),
    expectedEnd: command.expectedEnd === undefined ? was.expectedEnd : command.expectedEnd,
    retryAfterMs: command.retryAfterMs ?? was.retryAfterMs,
  });
}

function hold(view: ServiceView, command: Hold): ServiceDecision {
  const refusal = refuseDuration("lease", command.leaseMs) ?? refuseDuration("maxWait", command.maxWaitMs);
  if (refusal) return refusal;
  const { mode } = view.state;
  const defaults = view.settings.hold;
  const was = mode.name === "hold" ? mode : { since: command.at, ...defaults };
  const next: Mode = {
    name: "hold",
    since: was.since,
    leaseEndsAt: command.at + (command.leaseMs ?? defaults.leaseMs),
    onLeaseEnd: command.onLeaseEnd ?? was.onLeaseEnd,
    maxWaitMs: command.maxWaitMs ?? was.maxWaitMs,
  };
  if (isDeepStrictEqual(mode, next)) return unchanged(view);
  const { leaseEndsAt, onLeaseEnd, maxWaitMs } = next;
  if (mode.name === "hold") {
    return changed(view, { mode: next }, "hold_renewed", { leaseEndsAt, onLeaseEnd, maxWaitMs });
  }
  const data = { from: mode.name, leaseEndsAt, onLeaseEnd, maxWaitMs };
  return changed(view, { mode: next }, "hold_started", data);
}

function leaseEnded(view: ServiceView, command: LeaseEnded): ServiceDecision {
  const { mode } = view.state;
  const sameHold =
    mode.name === "hold" &&
    mode.leaseEndsAt === command.leaseEndsAt &&
    mode.onLeaseEnd === command.onLeaseEnd;
  if (!sameHold) return unchanged(view);
  const cause = { cause: "lease_ended" };
  if (command.onLeaseEnd === "open") return open(view, cause);
  return enterMaintenance(view, fromConfig(view, command.at), cause);
}

type Maintenance = Extract<Mode, { name: "maintenance" }>;

export function fromConfig({ settings }: ServiceView, since: number): Maintenance {
  const { message, retryAfterMs } = settings.maintenance;
  return { name: "maintenance", since, message, expectedEnd: null, retryAfterMs };
}

export function enterMaintenance(view: ServiceView, mode: Maintenance, data = {}): ServiceDecision {
  const from = view.state.mode.name;
  if (isDeepStrictEqual(view.state.mode, mode)) return unchanged(view);
  const { message, expectedEnd } = mode;
  if (from === "maintenance") return changed(view, { mode }, "maintenance_changed", { message, expectedEnd });
  return changed(view, { mode }, "maintenance_on", { from, message, expectedEnd, ...data });
}

/** Named after what ends, not after the call: a release in maintenance switches maintenance off. */
export function open(view: ServiceView, data: Record<string, unknown>): ServiceDecision {
  const from = view.state.mode.name;
  if (from === "open") return unchanged(view);
  return changed(view, { mode: { name: "open" } }, from === "hold" ? "released" : "maintenance_off", data);
}

export function refuseDuration(what: string, ms: number | undefined): Refusal | undefined {
  if (ms === undefined || (ms > 0 && ms <= LONGEST_DURATION_MS)) return undefined;
  return refuse("bad_request", `${what} is ${ms} ms; it must be more than 0 and at most 7 days`);
}

function refuseTime(expectedEnd: number | null | undefined): Refusal | undefined {
  if (expectedEnd === undefined || expectedEnd === null) return undefined;
  if (!Number.isNaN(new Date(expectedEnd).getTime()) && expectedEnd >= 0) return undefined;
  return refuse("bad_request", `expectedEnd is ${expectedEnd}; it must be a time after 1970`);
}
