// The shapes that travel over the admin API, for whoever calls it. Types only: importing this file
// loads nothing.

import type { z } from "zod";
import type { AuditEntry } from "../control/audit-log.ts";
import type { LoggedEvent } from "../control/event-log.ts";
import type { ReloadStatus } from "../control/reload-record.ts";
import type { RunnerOrder } from "../control/runner-order.ts";
import type { UpgradeReport, UpgradeState, UpgradeStepReport } from "../control/upgrade-report.ts";
import type {
  Announcement,
  GatewayStatus,
  GiveUpReason,
  HealthStatus,
  Remaining,
  ServiceCounters,
  ServiceStatus,
  TunnelCount,
  UpstreamStatus,
} from "../gateway/gateway-port.ts";
import type { MaintenanceWindow } from "../control/maintenance-window.ts";
import type { Mode, Slots } from "../gateway/snapshot.ts";
import type { WebhookStatus } from "../webhooks/webhook.ts";
import type { WebhookTest } from "../webhooks/webhooks.ts";
import type { ErrorCode } from "../lib/gateway-error.ts";
import type { Principal } from "./principal.ts";
import type { bypassAnswer, bypassBody, bypassRevoked } from "./schemas/bypass-schemas.ts";
import type { healthBody } from "./schemas/health-schema.ts";
import type {
  canaryBody,
  candidateBody,
  cutoverBody,
  holdBody,
  releaseBody,
  rollbackBody,
  upstreamBody,
} from "./schemas/request-schemas.ts";
import type { tokenBody } from "./schemas/token-schemas.ts";
import type { plannedMaintenanceBody } from "./schemas/window-schemas.ts";
import type {
  acceptedAnswer,
  announcementAnswer,
  announcementBody,
  approveBody,
  submitBody,
  upgradesAnswer,
} from "./schemas/upgrade-schemas.ts";
import type { TokenDescription } from "./tokens/tokens.ts";

export type {
  Announcement,
  ErrorCode,
  GatewayStatus,
  GiveUpReason,
  HealthStatus,
  Mode,
  Remaining,
  RunnerOrder,
  ServiceCounters,
  ServiceStatus,
  Slots,
  TunnelCount,
  UpgradeReport,
  UpgradeState,
  UpgradeStepReport,
  UpstreamStatus,
  WebhookStatus,
  WebhookTest,
};

// Bodies as callers write them: a duration is `"30s"`-style text, or milliseconds as a number.

/** `POST /admin/maintenance` */
export type MaintenanceBody = z.input<typeof plannedMaintenanceBody>;
/** `POST /admin/hold` */
export type HoldBody = z.input<typeof holdBody>;
/** `POST /admin/release` */
export type ReleaseBody = z.input<typeof releaseBody>;
/** `PUT /admin/services/:service/upstreams/:upstream`; exactly one of `url` and `urls`. */
export type UpstreamBody = z.input<typeof upstreamBody>;
/** What is left out keeps its present value, or takes that of the configured active upstream. */
export type HealthBody = z.input<typeof healthBody>;
/** `PUT /admin/services/:service/canary` */
export type CanaryBody = z.input<typeof canaryBody>;
/** `PUT /admin/services/:service/candidate` */
export type CandidateBody = z.input<typeof candidateBody>;
/** `POST /admin/services/:service/cutover` */
export type CutoverBody = z.input<typeof cutoverBody>;
/** `POST /admin/services/:service/rollback` */
export type RollbackBody = z.input<typeof rollbackBody>;

/** `POST /admin/upgrades` */
export type UpgradeBody = z.input<typeof submitBody>;
/** `POST /admin/upgrades/:id/approve` */
export type ApproveBody = z.input<typeof approveBody>;
/** `PUT /admin/services/:service/announcement` */
export type AnnouncementBody = z.input<typeof announcementBody>;

/** `POST /admin/services/:service/bypass` */
export type BypassBody = z.input<typeof bypassBody>;
export type BypassAnswer = z.output<typeof bypassAnswer>;
/** The answer of revoking all of a service's links and cookies. */
export type BypassRevoked = z.output<typeof bypassRevoked>;

/** `GET /admin/status`; `version` is the snapshot in effect, `stateVersion` the state that `If-Match` is compared with. */
export interface StatusAnswer extends Omit<GatewayStatus, "services"> {
  /** The version of Holdgate itself. */
  holdgate: string;
  stateVersion: number;
  /** Of this process, milliseconds since 1970: counters begin then. */
  startedAt: number;
  config: ReloadStatus;
  process: ProcessStatus;
  /** Runners that are connected, those of a single run included. */
  runners: number;
  webhooks: WebhookStatus[];
  services: ServiceOverview[];
}

/** How the process itself fares. */
export interface ProcessStatus {
  residentBytes: number;
  heapBytes: number;
  eventLoopDelay: EventLoopDelay;
}

/** How late the event loop was in the last ten seconds or more. */
export interface EventLoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** What goes on around a service, beside what the gateway does with its traffic. */
export interface ServiceOverview extends ServiceStatus {
  /** The run under way, or the last one when it was paused; null: neither. */
  upgrade: UpgradeSummary | null;
  announcement: Announcement | null;
  /** The maintenance that is planned, or runs as planned. */
  window: WindowStatus | null;
}

export type WindowStatus = Pick<MaintenanceWindow, "startsAt" | "endsAt" | "message" | "phase">;

/** A run without its steps. */
export type UpgradeSummary = Omit<UpgradeReport, "steps">;

/** The answer of `POST /admin/upgrades` and of orders to a run. */
export type UpgradeAccepted = z.output<typeof acceptedAnswer>;
/** `GET /admin/upgrades`, the newest first. */
export type UpgradesAnswer = z.output<typeof upgradesAnswer>;
/** The answer of announcing, and of withdrawing it. */
export type AnnouncementAnswer = z.output<typeof announcementAnswer>;

/** `GET /admin/whoami` */
export type WhoamiAnswer = Principal;

/** The answer of every write. */
export interface WriteAnswer {
  /** The version of the state after the write, also in `ETag`. */
  version: number;
  /** False when everything was so already. */
  changed: boolean;
  service: ServiceStatus;
}

/** The answer of switching maintenance on or off, planning and cancelling it. */
export interface MaintenanceAnswer extends WriteAnswer {
  window: WindowStatus | null;
}

/** The answer of a write that can wait; the two are there when it was asked to. */
export interface WaitedAnswer extends WriteAnswer {
  /** True when nothing was left; false when the deadline came first. */
  settled?: boolean | undefined;
  remaining?: Remaining | undefined;
}

/** The answer of setting a candidate. */
export interface CandidateAnswer extends WriteAnswer {
  health: HealthStatus;
}

/** One thing that happened; the `data` of each message of `GET /admin/events`. */
export type EventMessage = LoggedEvent;

/** `GET /admin/audit`, the newest first. */
export interface AuditAnswer {
  entries: (Omit<AuditEntry, "code"> & { code?: string | undefined })[];
}

/** `POST /admin/tokens` */
export type TokenBody = z.input<typeof tokenBody>;
/** A token, without its text; the answer of revoking it. */
export type TokenAnswer = TokenDescription;
/** The answer of making one: the only place where its text is. */
export type NewTokenAnswer = TokenAnswer & { token: string };
/** `GET /admin/tokens`, the oldest first. */
export interface TokensAnswer {
  tokens: TokenAnswer[];
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
