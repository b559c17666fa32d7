// The face of the gateway towards control and admin: what they may ask, and what they hear.

import type { CutoverPolicy, SocketAddress } from "../config/settings.ts";
import type { Phase } from "./maintenance/phases.ts";
import type { Canary, GatewaySnapshot, Mode, Slots } from "./snapshot.ts";

export interface GatewayPort {
  /** Takes a new snapshot into effect, in one synchronous step. Versions only go up. */
  apply(snapshot: GatewaySnapshot): void;
  status(): GatewayStatus;
  /** Undefined when there is no such service. */
  service(name: string): ServicePort | undefined;
  /** What visitors of the service are shown of an upgrade; null: nothing (any more). */
  setProgress(service: string, progress: UpgradeProgress | null): void;
}

export interface UpgradeProgress {
  /** 0 to 100. */
  percent: number;
  phase: Phase;
}

export interface Announcement {
  message: string;
  /** Of the interruption, milliseconds since 1970; null: not said. */
  at: number | null;
}

export interface ServicePort {
  status(): ServiceStatus;
  health(upstream: string): HealthStatus;
  /** Resolves true when the upstream is healthy, false when `signal` aborts first. */
  whenHealthy(upstream: string, signal: AbortSignal): Promise<boolean>;
  /** Waits until nothing is in flight on the active upstream; at the signal's abort: what is left. */
  whenQuiet(signal: AbortSignal): Promise<Remaining>;
  /** Waits until no request is held. */
  whenReleased(signal: AbortSignal): Promise<Remaining>;
  /** Gives a drain under way another deadline, counted from now. */
  setDrainTimeout(upstream: string, timeoutMs: number): void;
  /** Waits until a drain of this upstream has ended (at once when none is under way). */
  whenDrained(upstream: string, signal: AbortSignal): Promise<Remaining>;
}

/** What was left when the waiting ended; all zero when everything settled. */
export interface Remaining {
  inFlight: number;
  tunnels: number;
  held: number;
}

export interface HealthStatus {
  state: "unknown" | "healthy" | "unhealthy";
  /** Milliseconds since 1970 of the last probe, null before the first. */
  checkedAt: number | null;
  /** Why the last probe was bad, or null. */
  reason: string | null;
  version: string | null;
}

export interface AddressStatus {
  url: string;
  inFlight: number;
  /** Passed over for a while, because connections failed there or answers were lost. */
  ejected: boolean;
  /** What was wrong with its last probe, or null. */
  problem: string | null;
}

export interface UpstreamStatus {
  name: string;
  urls: string[];
  /** In the order of `urls`. */
  addresses: AddressStatus[];
  /** Null: configured, but in no slot. */
  slot: "active" | "candidate" | "previous" | null;
  health: HealthStatus;
  inFlight: number;
  tunnels: number;
  /** Connections to it that were begun, those that failed included. */
  connects: number;
  /** Milliseconds since 1970 at which what is left is cut; null when not draining. */
  drainingUntil: number | null;
}

export interface CanaryStatus extends Canary {
  /** False: the candidate is not healthy (any more), and everybody goes to the active upstream. */
  serving: boolean;
}

export interface ServiceStatus {
  name: string;
  hosts: string[];
  paths: string[];
  mode: Mode;
  /** Since when (ms since 1970) connections to the active upstream have failed; null while it is reachable. */
  automaticHoldSince: number | null;
  slots: Slots;
  canary: CanaryStatus | null;
  upstreams: UpstreamStatus[];
  held: number;
  inFlight: number;
  tunnels: number;
  /** The same tunnels by what a cutover does with them, and what they speak. */
  tunnelsBy: TunnelCount[];
  /** Those of `tunnels` whose client has no upstream just now. */
  parked: number;
  /** While held requests are being let go: how many may be in flight at once; null otherwise. */
  releaseLimit: number | null;
  counters: ServiceCounters;
}

export interface TunnelCount {
  policy: CutoverPolicy;
  /** `unknown`: it has not shown, or is not one of those that are known; null: nobody looks (it is not spliced). */
  protocol: string | null;
  count: number;
}

/**
 * Why a tunnel of a splice path was not moved, and its client asked to come back.
 * - `obstacle`: it cannot be moved, or not as it was just then: its protocol, or what was under way in it.
 * - `unsure`: what the client said last may not have reached the upstream that was lost.
 * - `unreachable`: no upstream came (back) in time.
 * - `refused`: the new upstream refused the handshake, or answered it otherwise than the first one.
 * - `replay`: the new upstream did not take the client.
 * - `overflow`: the client said more than is kept (Close 1013).
 */
export type GiveUpReason = "obstacle" | "unsure" | "unreachable" | "refused" | "replay" | "overflow";

/** Totals since the start of the process. `admitted = forwarded + refused + abandoned + shed + expired + stale + held now`. */
export interface ServiceCounters {
  admitted: number;
  forwarded: number;
  refused: number;
  abandoned: number;
  shed: number;
  expired: number;
  /** Answered from the shell cache. */
  stale: number;
  /** Requests that were held at least once. */
  held: number;
  released: number;
  /** For how long all of them were held, milliseconds; those that left are not in it. */
  heldMs: number;
  /** Requests that are over by how long they were held; see HELD_TIME_BOUNDS_MS. */
  heldTimes: number[];
  /** The same, all together, milliseconds. */
  heldTimesMs: number;
  /** Answers to clients by class of status, index 1 for 1xx … 5 for 5xx. */
  answers: number[];
  /** Requests sent again to an upstream after a loss. */
  resent: number;
  /** Requests that failed with 502 or 504 because of the upstream. */
  failed: number;
  tunnelsOpened: number;
  tunnelsClosed: number;
  /** Tunnels that were closed with 1012 in a wave. */
  reconnected: number;
  /** Batches in which tunnels were closed or moved. */
  waves: number;
  /** Tunnels that had to be cut. */
  cut: number;
  /** Moves of tunnels to another upstream, or to the same one come back. */
  spliced: number;
  /** Tunnels of splice paths that were not moved. */
  givenUp: Record<GiveUpReason, number>;
  /** Tunnels that went on although their client's last messages may be lost (`onUnknown: keep`). */
  unsureKept: number;
  /** Moves by how long the client had no upstream; see GAP_BOUNDS_MS. */
  gaps: number[];
  /** The same, all together, milliseconds. */
  gapMs: number;
  cutovers: number;
  /** Those of the cutovers that went back to the previous upstream. */
  rollbacks: number;
  /** While a canary runs: requests sent to the candidate because of it, and those sent to the active upstream. */
  canaryToCandidate: number;
  canaryToActive: number;
  /** Requests that failed at the candidate, and went to the active upstream instead. */
  canaryFellBack: number;
  connectFailures: number;
  /** Answers of upstreams that were 5xx: the app's own trouble, not what a mode refused. */
  upstreamErrors: number;
  /** Answers of upstreams by the time from sending to the answer's head; see ANSWER_TIME_BOUNDS_MS. */
  answerTimes: number[];
  /** The same, all together, milliseconds. */
  answerMs: number;
}

export interface GatewayStatus {
  version: number;
  listening: SocketAddress[];
  connections: number;
  /** Requests the engine refused, by reason. */
  engineRefusals: Record<string, number>;
  services: ServiceStatus[];
}

/** What happens in the gateway by itself; control records and passes it on. */
export type GatewayEvent =
  | { type: "lease_ended"; service: string; onLeaseEnd: "maintenance" | "open" }
  | { type: "automatic_hold_started"; service: string; upstream: string; reason: string }
  | { type: "automatic_hold_over_lease"; service: string }
  | { type: "automatic_hold_ended"; service: string; upstream: string; heldMs: number }
  | { type: "hold_settled"; service: string }
  | { type: "release_started"; service: string; held: number }
  | { type: "release_finished"; service: string; released: number; tookMs: number }
  /** At most once a second for each bound. */
  | { type: "shed"; service: string; bound: "maxRequests" | "maxPerClient" | "bodyMemory"; count: number }
  | {
      type: "health_changed";
      service: string;
      upstream: string;
      from: HealthStatus["state"];
      to: HealthStatus;
    }
  | { type: "drain_started"; service: string; upstream: string; inFlight: number; tunnels: number }
  | { type: "drain_finished"; service: string; upstream: string; cut: number }
  | { type: "wave"; service: string; closed: number; left: number }
  | { type: "tunnel_moved"; service: string; protocol: string; upstream: string; gapMs: number }
  | { type: "tunnel_given_up"; service: string; protocol: string; reason: GiveUpReason; detail: string };
