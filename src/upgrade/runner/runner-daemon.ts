// `holdgate runner`: takes orders from the gateway and carries them out, several services side by side. What it has
// begun stands in journals, so it may be killed at any time; the next one goes on.

import type { RunnerOrder } from "../../admin/api-types.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { RunResult, RunWatch, UpgradesPort } from "../upgrades-port.ts";

export interface RunnerDaemonOptions {
  upgrades: UpgradesPort;
  reports: { report(report: UpgradeReport): void; forget(run: string): void };
  /** Goes on with the runs that a killed runner left. */
  resume: boolean;
  /** Milliseconds since 1970. */
  wall: () => number;
  log: (line: string) => void;
}

type PlanOrder = Extract<RunnerOrder, { plan: string }>;

interface ActiveRun {
  ended: Promise<void>;
  /** Knows more than the journal: what is being waited for, how far an operation is. */
  latest: UpgradeReport | null;
}

/** Told again at each connection, because a gateway that was restarted knows none. */
const MOST_RETOLD = 20;

export class RunnerDaemon {
  readonly #options: RunnerDaemonOptions;
  /** Runs that this process carries out, by id. */
  readonly #active = new Map<string, ActiveRun>();
  /** Orders for plans that were taken: the gateway gives one again until its run is reported. */
  readonly #taken = new Set<string>();
  readonly #leave = new AbortController();

  constructor(options: RunnerDaemonOptions) {
    this.#options = options;
  }

  /** Before the first order: says which runs are not at their end, and goes on with those that broke off. */
  async begin(): Promise<void> {
    const { upgrades, resume, log } = this.#options;
    for (const report of await upgrades.list()) {
      const { id, service, state } = report;
      if (state === "paused") {
        log(
          `the run ${id} of ${service} is paused and needs you: holdgate upgrade --resume ${id}, or --rollback ${id}`,
        );
      } else if (isUnfinished(report) && resume) {
        log(`the run ${id} of ${service} broke off; going on with it`);
        this.#start(id, (watch) => upgrades.resume(id, watch));
      } else if (isUnfinished(report)) {
        log(`the run ${id} of ${service} broke off: holdgate upgrade --resume ${id}, or --rollback ${id}`);
      }
    }
  }

  /** Whenever a connection to the gateway stands. */
  readonly onConnected = (): void => {
    void this.#retell().catch((error: unknown) =>
      this.#options.log(`the runs cannot be told to the gateway: ${String(error)}`),
    );
  };

  readonly onOrder = (order: RunnerOrder): void => {
    if (this.#leave.signal.aborted) return;
    void this.#obey(order).catch((error: unknown) =>
      this.#options.log(`the order ${order.order} ${order.id} failed: ${describe(error)}`),
    );
  };

  /** Finishes the operation that is being done, and leaves every run to be resumed. */
  async stop(): Promise<void> {
    this.#leave.abort();
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
  }

  async #obey(order: RunnerOrder): Promise<void> {
    const { upgrades, log } = this.#options;
    const { id } = order;
    switch (order.order) {
      case "run":
      case "dry-run":
        return this.#take(order);
      case "cancel":
        if (upgrades.cancel(id)) log(`the run ${id} is cancelled`);
        return;
      case "approve": {
        const answered = order.answer === "continue" ? upgrades.approve(id) : upgrades.decline(id);
        if (answered) log(`the run ${id} was answered: ${order.answer}`);
        return;
      }
      case "resume":
        return this.#takeUp(id, (watch) => upgrades.resume(id, watch));
      case "rollback":
        return this.#takeUp(id, (watch) => upgrades.rollback(id, watch));
    }
  }

  async #take(order: PlanOrder): Promise<void> {
    const { id, vars } = order;
    const { upgrades, log } = this.#options;
    if (this.#taken.has(id)) return;
    this.#taken.add(id);
    if (await upgrades.show(id)) return;
    const dryRun = order.order === "dry-run";
    log(`the ${dryRun ? "dry run" : "run"} ${id} of ${order.name} begins`);
    // For messages; relative paths of the plan mean the directory that the daemon was started in.
    const file = `${order.name.replace(/[^\w.-]+/g, "-")}.yaml`;
    const run = { plan: { text: order.plan, file, vars }, dryRun, id };
    this.#start(id, (watch) => this.#carryOut(order, () => upgrades.run(run, watch)));
  }

  /** What never became a run, a plan with a mistake or a dry run, is reported here: whoever ordered it waits. */
  async #carryOut(order: PlanOrder, run: () => Promise<RunResult>): Promise<RunResult> {
    const hasReported = (): boolean => this.#active.get(order.id)?.latest !== null;
    try {
      const result = await run();
      if (!hasReported()) this.#report(order, result);
      return result;
    } catch (error) {
      const message = describe(error);
      if (!hasReported()) this.#report(order, { state: "refused", exitCode: 50, message, lost: null });
      throw error;
    }
  }

  /** Orders for runs go to all daemons: the one that has its journal takes it. */
  async #takeUp(id: string, carryOut: (watch: RunWatch) => Promise<RunResult>): Promise<void> {
    if (this.#active.has(id) || !(await this.#options.upgrades.show(id))) return;
    this.#start(id, carryOut);
  }

  #start(id: string, carryOut: (watch: RunWatch) => Promise<RunResult>): void {
    if (this.#active.has(id)) return;
    const { log, reports } = this.#options;
    const active: ActiveRun = { latest: null, ended: Promise.resolve() };
    this.#active.set(id, active);
    const onReport = (report: UpgradeReport): void => void (active.latest = report);
    active.ended = carryOut({ leave: this.#leave.signal, onReport })
      .then(
        ({ state, exitCode, message }) =>
          log(`the run ${id} is ${state.replace("_", " ")} (${exitCode}): ${oneLine(message)}`),
        (error: unknown) => log(`the run ${id} failed: ${describe(error)}`),
      )
      .finally(() => {
        this.#active.delete(id);
        reports.forget(id);
      });
  }

  #report(order: PlanOrder, { state, exitCode, message, lost }: Omit<RunResult, "run">): void {
    const at = this.#options.wall();
    const { id, name, service } = order;
    const dryRun = order.order === "dry-run";
    const own = { id, name, service, dryRun, state, exitCode, message, lost };
    const times = { startedAt: at, finishedAt: at };
    this.#options.reports.report({ ...own, ...times, percent: 100, step: null, steps: [] });
  }

  async #retell(): Promise<void> {
    const { upgrades, reports } = this.#options;
    const recent = (await upgrades.list()).slice(0, MOST_RETOLD).toReversed();
    for (const report of recent) {
      const active = this.#active.get(report.id);
      // One that broke off and is carried out by nobody must not look as if it went on.
      if (active || !isUnfinished(report)) reports.report(active?.latest ?? report);
    }
  }
}

/** Not at its end, and not paused: somebody carries it out, or its runner was killed. */
function isUnfinished({ state }: UpgradeReport): boolean {
  return state === "running" || state === "waiting" || state === "rolling_back";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, "; ");
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
