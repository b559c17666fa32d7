// The gateway as a run drives it, over the admin API. Each call may be given again, and means the same then.

import type {
  AnnouncementBody,
  CanaryBody,
  CandidateBody,
  CutoverBody,
  HoldBody,
  MaintenanceBody,
  ReleaseBody,
  UpstreamBody,
  WaitedAnswer,
} from "../../admin/api-types.ts";
import type { AdminCall } from "../../client/admin-client.ts";
import { isCandidateAnswer, isObject, isStatusAnswer, isWriteAnswer } from "../../client/answer-guards.ts";
import { ProblemError } from "../../client/problem-error.ts";
import type { ServiceStatus, StatusAnswer } from "../../client/status.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { ModeOrder } from "../operations/operation.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { GatewayDriver, ServiceMetrics } from "./gateway-driver.ts";
import type { PersistentClient } from "./persistent-client.ts";
import type { ReportSender } from "./report-sender.ts";
import { metricsOf } from "./service-metrics.ts";

export interface AdminGatewayDriverOptions {
  client: PersistentClient;
  reports: ReportSender;
  /** Null: the only one of the gateway. */
  service: string | null;
}

/** The gateway answers no call later than this. */
const LONGEST_WAIT_MS = 3_600_000;

export class AdminGatewayDriver implements GatewayDriver {
  readonly #client: PersistentClient;
  readonly #reports: ReportSender;
  #service: string | null;

  constructor({ client, reports, service }: AdminGatewayDriverOptions) {
    this.#client = client;
    this.#reports = reports;
    this.#service = service;
  }

  async status(signal?: AbortSignal): Promise<ServiceStatus> {
    return (await this.#look(signal)).service;
  }

  async setMode(mode: ModeOrder, signal?: AbortSignal) {
    const service = await this.#name(signal);
    const { settled = true, remaining } = await this.#write(modeCall(mode, service), signal);
    return { settled, remaining: settled ? null : describeRemaining(remaining) };
  }

  async announce(
    announcement: { message: string; at: number | null } | null,
    signal?: AbortSignal,
  ): Promise<void> {
    const path = await this.#path(["announcement"], signal);
    if (announcement === null) {
      await this.#client.call({ method: "DELETE", path }, isObject, signal);
      return;
    }
    const at = announcement.at === null ? null : new Date(announcement.at).toISOString();
    const body: AnnouncementBody = { message: announcement.message, at };
    await this.#client.call({ method: "PUT", path, body }, isObject, signal);
  }

  async putUpstream(name: string, url: string, signal?: AbortSignal): Promise<void> {
    const path = await this.#path(["upstreams", name], signal);
    await this.#write({ method: "PUT", path, body: { url } satisfies UpstreamBody }, signal);
  }

  async removeUpstream(name: string, signal?: AbortSignal): Promise<void> {
    const path = await this.#path(["upstreams", name], signal);
    await this.#write({ method: "DELETE", path }, signal).catch(unless("unknown_upstream"));
  }

  async setCandidate(upstream: string, waitHealthyMs: number | null, signal?: AbortSignal): Promise<void> {
    const path = await this.#path(["candidate"], signal);
    const body: CandidateBody =
      waitHealthyMs === null
        ? { upstream }
        : { upstream, waitHealthy: Math.min(waitHealthyMs, LONGEST_WAIT_MS) };
    const call = { method: "PUT", path, body, waits: waitHealthyMs !== null } as const;
    await this.#client.call(call, isCandidateAnswer, signal);
  }

  async clearCandidate(signal?: AbortSignal): Promise<void> {
    await this.#write({ method: "DELETE", path: await this.#path(["candidate"], signal) }, signal);
  }

  async setCanary(percent: number | null, signal?: AbortSignal): Promise<void> {
    const path = await this.#path(["canary"], signal);
    try {
      if (percent === null) await this.#write({ method: "DELETE", path }, signal);
      else await this.#write({ method: "PUT", path, body: { percent } satisfies CanaryBody }, signal);
    } catch (error) {
      if (codeOf(error) !== "not_found") throw error;
      const message = "this gateway has no canary; leave the step out, or upgrade the gateway first";
      throw new GatewayError("not_found", message, { cause: error });
    }
  }

  async cutover(
    order: { to: string | null; force: boolean; drainTimeoutMs: number | null; wait: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    const { to, force, drainTimeoutMs, wait } = order;
    const body: CutoverBody = { force, wait, ...given({ to, drainTimeout: drainTimeoutMs }) };
    const path = await this.#path(["cutover"], signal);
    const call = { method: "POST", path, body, waits: wait } as const;
    await this.#write(call, signal).catch(unless("already_active"));
  }

  async metrics(signal?: AbortSignal): Promise<ServiceMetrics> {
    const { service, startedAt } = await this.#look(signal);
    return metricsOf(service, startedAt);
  }

  report(report: UpgradeReport): void {
    this.#reports.report(report);
  }

  #write(call: AdminCall, signal: AbortSignal | undefined): Promise<WaitedAnswer> {
    return this.#client.call(call, isWriteAnswer, signal);
  }

  async #look(signal: AbortSignal | undefined): Promise<{ service: ServiceStatus; startedAt: number }> {
    const status = await this.#client.call({ method: "GET", path: "/admin/status" }, isStatusAnswer, signal);
    const service = findService(status, this.#service);
    this.#service = service.name;
    return { service, startedAt: status.startedAt };
  }

  async #name(signal: AbortSignal | undefined): Promise<string> {
    return this.#service ?? (await this.status(signal)).name;
  }

  async #path(rest: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const service = await this.#name(signal);
    return `/admin/services/${[service, ...rest].map(encodeURIComponent).join("/")}`;
  }
}

function modeCall(mode: ModeOrder, service: string): AdminCall {
  switch (mode.name) {
    case "open": {
      const body: ReleaseBody = { service, wait: mode.wait };
      return { method: "POST", path: "/admin/release", body, waits: mode.wait };
    }
    case "hold": {
      const { leaseMs: lease, maxWaitMs: maxWait, onLeaseEnd, wait } = mode;
      const body: HoldBody = { service, wait, ...given({ lease, maxWait, onLeaseEnd }) };
      return { method: "POST", path: "/admin/hold", body, waits: wait };
    }
    case "maintenance": {
      const { message, expectedMs: expectedEnd, retryAfterMs: retryAfter } = mode;
      const body: MaintenanceBody = { service, message, expectedEnd, ...given({ retryAfter }) };
      return { method: "POST", path: "/admin/maintenance", body };
    }
  }
}

function findService({ services }: StatusAnswer, name: string | null): StatusAnswer["services"][number] {
  const names = services.map((service) => service.name).join(", ");
  const [only, ...others] = services;
  if (name === null) {
    if (only && others.length === 0) return only;
    throw new GatewayError(
      "service_required",
      `the gateway has ${names}: name one with \`service\` in the plan`,
    );
  }
  const found = services.find((service) => service.name === name);
  if (found) return found;
  throw new GatewayError("unknown_service", `the gateway has no service ${name}; it has ${names}`);
}

/** What is null is left to the gateway's own settings. */
function given<Body extends object>(body: Body): { [Key in keyof Body]?: NonNullable<Body[Key]> } {
  const entries = Object.entries(body).filter(([, value]) => value !== null);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets the keys
  return Object.fromEntries(entries) as { [Key in keyof Body]?: NonNullable<Body[Key]> };
}

/** Lets a refusal pass that says: it is so already. */
function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (codeOf(error) !== code) throw error;
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ProblemError ? error.problem.code : undefined;
}

function describeRemaining(remaining: WaitedAnswer["remaining"]): string {
  if (!remaining) return "something is left";
  const { inFlight, held, tunnels } = remaining;
  return `${inFlight} in flight, ${held} held, ${tunnels} ${tunnels === 1 ? "tunnel" : "tunnels"} left`;
}
