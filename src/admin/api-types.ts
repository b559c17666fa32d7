// The shapes that travel over the admin API, for whoever calls it. Types only: importing this file
// loads nothing.

import type {
  GatewayStatus,
  HealthStatus,
  Remaining,
  ServiceCounters,
  ServiceStatus,
  UpstreamStatus,
} from "../gateway/gateway-port.ts";
import type { Mode, Slots } from "../gateway/snapshot.ts";
import type { ErrorCode } from "../lib/gateway-error.ts";

export type {
  ErrorCode,
  GatewayStatus,
  HealthStatus,
  Mode,
  Remaining,
  ServiceCounters,
  ServiceStatus,
  Slots,
  UpstreamStatus,
};

/** `30s`, `5m`, `1h30m`, or milliseconds as a number. */
export type DurationInput = string | number;

/** `POST /admin/maintenance` */
export interface MaintenanceBody {
  service?: string;
  message?: string;
  /** An ISO 8601 time with its offset, or a duration from now. */
  expectedEnd?: DurationInput;
  retryAfter?: DurationInput;
}

/** `POST /admin/hold` */
export interface HoldBody {
  service?: string;
  lease?: DurationInput;
  maxWait?: DurationInput;
  onLeaseEnd?: "maintenance" | "open";
  /** Answer only when nothing is in flight on the active upstream, or at `drainTimeout` with what is left. */
  wait?: boolean;
  /** How long `wait` waits; the service's drainTimeout when left out. */
  drainTimeout?: DurationInput;
}

/** `POST /admin/release` */
export interface ReleaseBody {
  service?: string;
  /** Answer only when no request is held any more, or at `drainTimeout` with what is left. */
  wait?: boolean;
  drainTimeout?: DurationInput;
}

/** `PUT /admin/services/:service/upstreams/:upstream`; exactly one of `url` and `urls`. */
export interface UpstreamBody {
  url?: string;
  urls?: string[];
  health?: HealthBody;
}

/** What is left out keeps the upstream's present value, or takes that of the active upstream when it is new. */
export interface HealthBody {
  path?: string;
  interval?: DurationInput;
  timeout?: DurationInput;
  good?: number;
  bad?: number;
  /** `200`, or a range as `200-399`. */
  status?: string | number;
  host?: string | null;
  version?: string | null;
}

/** `PUT /admin/services/:service/candidate` */
export interface CandidateBody {
  upstream: string;
  /** Wait until it is healthy: true for 60 s, or how long. */
  waitHealthy?: boolean | DurationInput;
}

/** `POST /admin/services/:service/cutover` */
export interface CutoverBody {
  /** The upstream to cut over to; the candidate when left out. */
  to?: string;
  /** Cut over although it is not healthy. */
  force?: boolean;
  /** Answer only when the old upstream is drained, or at `drainTimeout` with what is left. */
  wait?: boolean;
  drainTimeout?: DurationInput;
}

/** `POST /admin/services/:service/rollback` */
export type RollbackBody = Omit<CutoverBody, "to">;

/** `GET /admin/status`; `version` is the snapshot in effect, `stateVersion` the state that `If-Match` is compared with. */
export interface StatusAnswer extends GatewayStatus {
  /** The version of Holdgate itself. */
  holdgate: string;
  stateVersion: number;
}

/** The answer of every write. */
export interface WriteAnswer {
  /** The version of the state after the write, also in `ETag`. */
  version: number;
  /** False when everything was so already. */
  changed: boolean;
  service: ServiceStatus;
}

/** The answer of a write that can wait; the two are there when it was asked to. */
export interface WaitedAnswer extends WriteAnswer {
  /** True when nothing was left; false when the deadline came first. */
  settled?: boolean;
  remaining?: Remaining;
}

/** The answer of setting a candidate. */
export interface CandidateAnswer extends WriteAnswer {
  health: HealthStatus;
}

/** One thing that happened; also the `data` of each message of `GET /admin/events`. */
export interface EventMessage {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  type: string;
  service: string | null;
  data: unknown;
}

/** `GET /admin/audit`, the newest first. */
export interface AuditAnswer {
  entries: unknown[];
}

/** Every error, as `application/problem+json` (RFC 9457). */
export interface Problem {
  /** `about:blank`: `code` is what to match on. */
  type: "about:blank";
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
}
