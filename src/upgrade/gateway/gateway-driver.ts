// The gateway as a run drives it: the admin API's commands, each of which may be given again. A gateway that does
// not answer (it is being restarted, it was killed) is asked again for a while before a call fails.

import type { ServiceStatus } from "../../client/status.ts";
import type { ModeOrder } from "../operations/operation.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";

export interface GatewayDriver {
  /** Of the run's service. */
  status(signal?: AbortSignal): Promise<ServiceStatus>;
  /** With `wait`: resolves when it has settled; what is left after the gateway's deadline is reported. */
  setMode(mode: ModeOrder, signal?: AbortSignal): Promise<{ settled: boolean; remaining: string | null }>;
  announce(announcement: { message: string; at: number | null } | null, signal?: AbortSignal): Promise<void>;
  putUpstream(name: string, url: string, signal?: AbortSignal): Promise<void>;
  removeUpstream(name: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when it is healthy where `waitHealthyMs` is given. */
  setCandidate(upstream: string, waitHealthyMs: number | null, signal?: AbortSignal): Promise<void>;
  clearCandidate(signal?: AbortSignal): Promise<void>;
  /** Null: none. */
  setCanary(percent: number | null, signal?: AbortSignal): Promise<void>;
  cutover(
    order: { to: string | null; force: boolean; drainTimeoutMs: number | null; wait: boolean },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Counters and latencies of the service, for `observe` and metric checks. */
  metrics(signal?: AbortSignal): Promise<ServiceMetrics>;
  /** Never fails a run: a gateway that is away hears the next one. */
  report(report: UpgradeReport): void;
}

export interface ServiceMetrics {
  /** Answers to clients since the gateway's start. */
  answers: number;
  /** Of those, 5xx from the app, and requests that failed because of it; what a mode refused is not one. */
  errors: number;
  /** Upper bounds of a histogram in ms, with how many answers took at most so long. */
  latency: { leMs: number; count: number }[];
  /** Another: the gateway was restarted and counts from 0. */
  startedAt: number;
}
