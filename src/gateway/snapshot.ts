// What control hands down: the whole of what the gateway has to do, versioned. The gateway keeps no
// truth of its own besides what passes through it.

import type { ServiceSettings, UpstreamSettings } from "../config/settings.ts";

/** What admission does with new work. Times are milliseconds since 1970, because they outlive a restart. */
export type Mode =
  | { name: "open" }
  | {
      name: "hold";
      since: number;
      /** When the lease runs out and `onLeaseEnd` happens. */
      leaseEndsAt: number;
      onLeaseEnd: "maintenance" | "open";
      /** How long one request may be held. */
      maxWaitMs: number;
    }
  | {
      name: "maintenance";
      since: number;
      message: string | null;
      expectedEnd: number | null;
      retryAfterMs: number;
    };

export interface Slots {
  active: string;
  candidate: string | null;
  previous: string | null;
}

/** What users are told of an interruption to come. */
export interface Notice {
  /** Null: a general sentence. */
  message: string | null;
  /** When it begins and ends; null: not said. */
  at: number | null;
  until: number | null;
}

/** The share of clients that goes to the candidate. */
export interface Canary {
  /** 0 to 100. */
  percent: number;
  /** Of the first percent; which clients are the first to go depends on it. */
  since: number;
}

export interface ServiceSnapshot {
  name: string;
  settings: ServiceSettings;
  mode: Mode;
  /** Those of the config and those that came by the admin API. */
  upstreams: Record<string, UpstreamSettings>;
  slots: Slots;
  notice: Notice | null;
  canary: Canary | null;
}

export interface GatewaySnapshot {
  version: number;
  services: ServiceSnapshot[];
}
