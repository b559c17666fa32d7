// What the gateway knows of upgrades: the newest report of each run, the runners that are connected, and orders that
// none of them has taken yet. In memory and bounded: the truth is the journal of the runner, who reports its runs
// again whenever it connects.
//
//   submit ─▶ ordered ──first report──▶ under way ──its last report──▶ over
//                │                          │  ▲
//                └── nobody takes it        │  └── a report
//                    within 60 s: refused   └────▶ silent for 60 s: it may have been killed

import type { GatewayPort } from "../gateway/gateway-port.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { EventLog } from "./event-log.ts";
import { newRunId } from "../lib/new-run-id.ts";
import { RunnerConnections } from "./runner-connections.ts";
import type { RunnerAccepts, RunnerOrder } from "./runner-order.ts";
import { upgradeEvents } from "./upgrade-events.ts";
import { progressOf } from "./upgrade-phase.ts";
import type { UpgradeReport } from "./upgrade-report.ts";

export interface UpgradeBoardOptions {
  clock: Clock;
  events: EventLog;
  gateway: Pick<GatewayPort, "setProgress">;
}

export interface Submission {
  name: string;
  service: string;
  plan: string;
  vars: Record<string, string>;
  dryRun: boolean;
}

interface Entry {
  report: UpgradeReport;
  /** Until a runner has reported the run; sent again to one that connects meanwhile. */
  untaken: RunnerOrder | null;
  /** Runs out when nothing is heard of a run under way. */
  silence: Timer | undefined;
}

const MOST_RUNS = 100;
/** A runner repeats its last report every 15 s. */
const SILENT_AFTER_MS = 60_000;

export class UpgradeBoard {
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #gateway: UpgradeBoardOptions["gateway"];
  readonly #runners: RunnerConnections;
  readonly #openedAt: number;
  /** By id. */
  readonly #runs = new Map<string, Entry>();

  constructor({ clock, events, gateway }: UpgradeBoardOptions) {
    this.#clock = clock;
    this.#events = events;
    this.#gateway = gateway;
    this.#runners = new RunnerConnections(events);
    this.#openedAt = clock.wall();
  }

  /** How many runners are connected, those of a single run included. */
  get runners(): number {
    return this.#runners.size;
  }

  /** Gives orders to `listener` from now on, those that wait first. Gives what ends it; twice is harmless. */
  connect(accepts: RunnerAccepts, listener: (order: RunnerOrder) => void): () => void {
    const disconnect = this.#runners.add(accepts, listener);
    if (accepts.kind === "plans") {
      for (const { untaken } of this.#runs.values()) if (untaken) listener(untaken);
    }
    return disconnect;
  }

  /** Hands a plan to a runner. Throws `no_runner`, `upgrade_running`. */
  submit({ name, service, plan, vars, dryRun }: Submission): UpgradeReport {
    if (!this.#runners.hasDaemon) throw noRunner("there is no runner to carry out the plan");
    const running = this.#underWay(service);
    if (running && !dryRun) throw alreadyRunning(running);
    const id = newRunId(this.#clock.wall());
    const report = newReport({ id, name, service, dryRun, startedAt: this.#clock.wall() });
    const order = { order: dryRun ? "dry-run" : "run", id, name, service, plan, vars } as const;
    this.#keep(report, order);
    this.#runners.sendToOne(order);
    return report;
  }

  /**
   * Passes an order on to whoever has the run. Throws `not_found`, `no_runner`, `upgrade_running` for what can be
   * done only when it does not run, `upgrade_not_running` for the opposite.
   */
  order(order: Exclude<RunnerOrder, { plan: string }>): UpgradeReport {
    const { report } = this.#entry(order.id);
    const runs = this.#isUnderWay(report.id);
    if (order.order === "resume" || order.order === "rollback") {
      const running = runs ? report : this.#underWay(report.service);
      if (running) throw alreadyRunning(running);
    } else if (!runs) throw notRunning(report);
    if (order.order === "approve" && report.state !== "waiting") throw nothingAsked(report);
    if (this.#runners.send(order)) return report;
    throw noRunner(`no runner is connected that could ${order.order} the run ${order.id}`);
  }

  /** The newest of a run, from the runner that has it. */
  report(report: UpgradeReport): void {
    const entry = this.#runs.get(report.id);
    // What stands for an order that nobody had taken was no report of a run.
    const before = entry?.untaken ? undefined : entry?.report;
    this.#keep(report, null);
    for (const { type, data } of upgradeEvents(before, report, this.#openedAt)) {
      this.#events.publish(type, report.service, data);
    }
    this.#showProgress(report);
  }

  /** The newest first. */
  list(): UpgradeReport[] {
    const reports = [...this.#runs.values()].map(({ report }) => report);
    return reports.toSorted((one, other) => other.startedAt - one.startedAt);
  }

  /** Throws `not_found`. */
  find(id: string): UpgradeReport {
    return this.#entry(id).report;
  }

  /** What the status of a service shows: the run under way, or the newest when it was paused; null: neither. */
  current(service: string): UpgradeReport | null {
    const own = this.list().filter((report) => report.service === service && !report.dryRun);
    const running = own.find(({ state }) => isLive(state));
    return running ?? own.find(({ state }, index) => index === 0 && state === "paused") ?? null;
  }

  close(): void {
    for (const { silence } of this.#runs.values()) silence?.cancel();
    this.#runs.clear();
  }

  #entry(id: string): Entry {
    const entry = this.#runs.get(id);
    if (entry) return entry;
    throw new GatewayError(
      "not_found",
      `no runner has reported a run ${id}; GET /admin/upgrades lists those that are known`,
    );
  }

  #isUnderWay(id: string): boolean {
    const entry = this.#runs.get(id);
    return entry !== undefined && isLive(entry.report.state) && entry.silence !== undefined;
  }

  #underWay(service: string): UpgradeReport | undefined {
    return this.list().find(
      (report) => report.service === service && !report.dryRun && this.#isUnderWay(report.id),
    );
  }

  #keep(report: UpgradeReport, untaken: RunnerOrder | null): void {
    this.#runs.get(report.id)?.silence?.cancel();
    const silence = isLive(report.state)
      ? this.#clock.after(SILENT_AFTER_MS, () => this.#onSilence(report.id))
      : undefined;
    this.#runs.set(report.id, { report, untaken, silence });
    if (this.#runs.size > MOST_RUNS) this.#forgetOldest();
  }

  /** Those that are over first. */
  #forgetOldest(): void {
    const oldestFirst = this.list().toReversed();
    const oldest = oldestFirst.find(({ state }) => !isLive(state)) ?? oldestFirst[0];
    if (!oldest) return;
    this.#runs.get(oldest.id)?.silence?.cancel();
    this.#runs.delete(oldest.id);
  }

  #onSilence(id: string): void {
    const entry = this.#runs.get(id);
    if (!entry) return;
    entry.silence = undefined;
    if (entry.untaken) return this.report(untakenReport(entry.report, this.#clock.wall()));
    this.#gateway.setProgress(entry.report.service, null);
  }

  #showProgress(report: UpgradeReport): void {
    if (report.dryRun) return;
    if (isLive(report.state)) this.#gateway.setProgress(report.service, progressOf(report));
    else if (!this.#underWay(report.service)) this.#gateway.setProgress(report.service, null);
  }
}

function isLive(state: UpgradeReport["state"]): boolean {
  return state === "running" || state === "waiting" || state === "rolling_back";
}

function newReport(
  own: Pick<UpgradeReport, "id" | "name" | "service" | "dryRun" | "startedAt">,
): UpgradeReport {
  return {
    ...own,
    state: "running",
    finishedAt: null,
    percent: 0,
    step: null,
    message: "waits for the runner to begin",
    lost: null,
    exitCode: null,
    steps: [],
  };
}

function untakenReport(report: UpgradeReport, finishedAt: number): UpgradeReport {
  const message = `no runner took the order within ${SILENT_AFTER_MS / 1000}s; is one running? See the log of \`holdgate runner\``;
  return { ...report, state: "refused", finishedAt, message, exitCode: 40 };
}

function noRunner(what: string): GatewayError {
  const remedy = "start one where the containers are, with `holdgate runner`";
  return new GatewayError("no_runner", `${what}; ${remedy}`);
}

function alreadyRunning({ id, service }: UpgradeReport): GatewayError {
  const message = `the run ${id} of ${service} is under way; wait for its end, or cancel it first`;
  return new GatewayError("upgrade_running", message);
}

function notRunning({ id, state }: UpgradeReport): GatewayError {
  const message = isLive(state)
    ? `nothing has been heard of the run ${id} for ${SILENT_AFTER_MS / 1000}s; resume it or roll it back`
    : `the run ${id} is not under way: it is ${state.replace("_", " ")}`;
  return new GatewayError("upgrade_not_running", message);
}

function nothingAsked({ id }: UpgradeReport): GatewayError {
  return new GatewayError("upgrade_not_running", `the run ${id} does not wait for an answer`);
}
