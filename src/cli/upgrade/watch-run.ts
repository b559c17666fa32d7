// From the beginning of a run to the exit code: shows it, asks the operator, hears orders that come through the gateway,
// and obeys Ctrl-C. Whatever becomes of the gateway or the terminal, the run goes on.

import type { RunnerOrder, UpgradeReport } from "../../admin/api-types.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import { isStatusAnswer } from "../../client/answer-guards.ts";
import type { Clock } from "../../lib/clock.ts";
import { listenForOrders } from "../../upgrade/gateway/runner-connection.ts";
import type { RunResult, RunWatch, UpgradesPort } from "../../upgrade/upgrades-port.ts";
import type { Invocation } from "../invocation.ts";
import { pause } from "../pause.ts";
import { Operator } from "./operator.ts";
import { openRunView, type RunView } from "./run-view.ts";

export interface WatchedRun {
  client: Pick<AdminClient, "call" | "open">;
  upgrades: UpgradesPort;
  /** Answers every `confirm` with yes. */
  yes: boolean;
  carryOut: (watch: RunWatch) => Promise<RunResult>;
}

const LOOK_EVERY_MS = 500;

export async function watchRun(run: WatchedRun, invocation: Invocation): Promise<RunResult> {
  const view = openRunView(invocation.terminal, invocation.clock, invocation.json);
  const watcher = new RunWatcher(run, view, invocation);
  try {
    const result = await run.carryOut(watcher.watch);
    view.end(result);
    invocation.exitCode = result.exitCode;
    return result;
  } finally {
    watcher.close();
    view.close();
  }
}

class RunWatcher {
  readonly watch: RunWatch;
  readonly #run: WatchedRun;
  readonly #view: RunView;
  readonly #clock: Clock;
  readonly #operator: Operator;
  readonly #cancel = new AbortController();
  readonly #leave = new AbortController();
  /** Everything that is only there while the run goes on. */
  readonly #ended = new AbortController();
  #report: UpgradeReport | undefined;

  constructor(run: WatchedRun, view: RunView, { clock, terminal, json }: Invocation) {
    this.#run = run;
    this.#view = view;
    this.#clock = clock;
    this.watch = {
      signal: this.#cancel.signal,
      leave: this.#leave.signal,
      onReport: (report) => this.#onReport(report),
      onLine: (line) => view.line(line),
    };
    // A program that reads JSON answers through the API.
    this.#operator = new Operator(json ? null : terminal.stdin(), {
      onKey: (key) => this.#onKey(key),
      onInterrupt: (count) => this.#onInterrupt(count),
    });
    process.on("SIGTERM", this.#onTerminate);
  }

  close(): void {
    this.#ended.abort();
    this.#operator.close();
    process.off("SIGTERM", this.#onTerminate);
  }

  #onReport(report: UpgradeReport): void {
    const before = this.#report;
    this.#report = report;
    this.#view.report(report);
    if (!before && !report.dryRun) this.#connect(report);
    if (report.state === "waiting" && before?.state !== "waiting") this.#ask(report);
  }

  /** The answer is given in a turn of its own: the run is just telling us that it asks. */
  #ask({ id }: UpgradeReport): void {
    if (this.#run.yes) {
      this.#clock.after(0, () => this.#run.upgrades.approve(id));
    } else if (this.#operator.present) {
      this.#view.say("[y] go on   [r] roll back   [n] stop here for now");
    } else {
      this.#view.say(`the run waits: answer with POST /admin/upgrades/${id}/approve`);
    }
  }

  #onKey(key: string): void {
    if (this.#report?.state !== "waiting") return;
    const { upgrades } = this.#run;
    if (key === "y") upgrades.approve(this.#report.id);
    else if (key === "r") upgrades.decline(this.#report.id);
    else if (key === "n") this.#leave.abort();
  }

  #onInterrupt(count: number): void {
    if (count === 1) {
      this.#view.say(
        "stopping, and rolling back what was done; Ctrl-C again leaves it as it is, to be resumed",
      );
      this.#cancel.abort();
    } else if (count === 2) {
      this.#view.say(
        "leaving it as it is as soon as the operation under way has ended; Ctrl-C again ends at once",
      );
      this.#leave.abort();
    } else {
      // As harmless as any kill: the journal knows what was begun.
      this.#operator.close();
      process.exit(30);
    }
  }

  readonly #onTerminate = (): void => this.#leave.abort();

  #connect({ id, service }: UpgradeReport): void {
    const { client } = this.#run;
    const { signal } = this.#ended;
    const onOrder = (order: RunnerOrder) => this.#obey(order);
    void listenForOrders({ client, clock: this.#clock, accepts: `run:${id}`, onOrder }, signal);
    void this.#lookAtTraffic(service, signal);
  }

  #obey(order: RunnerOrder): void {
    const { upgrades } = this.#run;
    if (order.id !== this.#report?.id) return;
    if (order.order === "cancel") upgrades.cancel(order.id);
    if (order.order !== "approve") return;
    if (order.answer === "continue") upgrades.approve(order.id);
    else upgrades.decline(order.id);
  }

  async #lookAtTraffic(name: string, signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; await pause(this.#clock, LOOK_EVERY_MS, signal)) {
      try {
        const call = { method: "GET", path: "/admin/status", signal } as const;
        const { services } = await this.#run.client.call(call, isStatusAnswer);
        const service = services.find((each) => each.name === name);
        this.#view.traffic(service ? { mode: service.mode, held: service.held } : null);
      } catch {
        this.#view.traffic(null);
      }
    }
  }
}
