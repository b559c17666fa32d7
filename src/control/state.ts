// The truth that outlives a restart: for each service its mode, its slots, what is planned and announced, and the
// upstreams that came by the admin API. Everything else comes from the config at each start. Values are never changed in
// place; a command makes a new State.

import { z } from "zod";
import type { ServiceSettings, Settings, UpstreamSettings } from "../config/settings.ts";
import type { Announcement } from "../gateway/gateway-port.ts";
import type { MaintenanceWindow } from "./maintenance-window.ts";
import type { Canary, Mode, Slots } from "../gateway/snapshot.ts";

export interface State {
  format: 1;
  /** Goes up by one with each change, from 1. */
  version: number;
  services: Record<string, ServiceState>;
}

export interface ServiceState {
  mode: Mode;
  /** No upstream is in two slots at once. */
  slots: Slots;
  /** Never without a candidate. */
  canary: Canary | null;
  /** Only those put through the admin API: they come on top of the config's and win over them. */
  upstreams: Record<string, UpstreamSettings>;
  /** The maintenance that is planned, or runs as planned. */
  window: MaintenanceWindow | null;
  announcement: Announcement | null;
}

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();
const onLeaseEnd = z.enum(["maintenance", "open"]);
const name = z.string().min(1);

const modeSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("open") }),
  z.strictObject({
    name: z.literal("hold"),
    since: milliseconds,
    leaseEndsAt: milliseconds,
    onLeaseEnd,
    maxWaitMs: milliseconds,
  }),
  z.strictObject({
    name: z.literal("maintenance"),
    since: milliseconds,
    message: z.string().nullable(),
    expectedEnd: milliseconds.nullable(),
    retryAfterMs: milliseconds,
  }),
]);

const windowSchema = z.strictObject({
  startsAt: milliseconds,
  endsAt: milliseconds,
  message: z.string().nullable(),
  retryAfterMs: milliseconds.nullable(),
  phase: z.enum(["scheduled", "announced", "running"]),
});

const announcementSchema = z.strictObject({ message: z.string(), at: milliseconds.nullable() });

const upstreamSchema = z.strictObject({
  urls: z.array(z.string().min(1)).min(1),
  health: z.strictObject({
    path: z.string(),
    intervalMs: milliseconds,
    timeoutMs: milliseconds,
    good: count,
    bad: count,
    status: z.strictObject({ from: count, to: count }),
    host: z.string().nullable(),
    version: z.string().nullable(),
  }),
});

/** Strict: a key this version does not know is refused, because it would be lost at the next write. */
export const stateSchema: z.ZodType<State> = z.strictObject({
  format: z.literal(1),
  version: z.int().positive(),
  services: z.record(
    name,
    z.strictObject({
      mode: modeSchema,
      slots: z.strictObject({ active: name, candidate: name.nullable(), previous: name.nullable() }),
      // A file of a version without canaries has none.
      canary: z
        .strictObject({ percent: z.int().min(0).max(100), since: milliseconds })
        .nullable()
        .prefault(null),
      upstreams: z.record(name, upstreamSchema),
      // Files of versions that knew none of these have none.
      window: windowSchema.nullable().default(null),
      announcement: announcementSchema.nullable().default(null),
    }),
  ),
});

/** What a gateway that has never run before starts with. */
export function initialState(settings: Settings): State {
  const services = settings.services.map((service) => [service.name, initialServiceState(service)]);
  return { format: 1, version: 1, services: Object.fromEntries(services) };
}

export function initialServiceState(settings: ServiceSettings): ServiceState {
  return {
    mode: { name: "open" },
    slots: { active: settings.active, candidate: null, previous: null },
    canary: null,
    upstreams: {},
    window: null,
    announcement: null,
  };
}

/** Every upstream a slot may name, by name. Ask with Object.hasOwn: names are chosen by people. */
export function knownUpstreams(
  state: ServiceState,
  settings: ServiceSettings,
): Record<string, UpstreamSettings> {
  return { ...settings.upstreams, ...state.upstreams };
}
