// Runs as the test tells them: for what is around upgrades, the daemon and the command line.

import type { UpgradeReport } from "../../../src/upgrade/report/upgrade-report.ts";
import type { RunOrder, RunResult, RunWatch, UpgradesPort } from "../../../src/upgrade/upgrades-port.ts";

interface Begun {
  watch: RunWatch;
  end: (result: RunResult) => void;
  fail: (error: Error) => void;
}

export class FakeUpgrades implements UpgradesPort {
  known: UpgradeReport[] = [];
  readonly orders: RunOrder[] = [];
  /** `resume <run>`, `approve <run>`, … in order. */
  readonly calls: string[] = [];
  /** By run; a new one that was given no id is `new`. */
  readonly begun = new Map<string, Begun>();

  run(order: RunOrder, watch: RunWatch = {}): Promise<RunResult> {
    this.orders.push(order);
    return this.#begin(order.id ?? "new", watch);
  }

  resume(run: string, watch: RunWatch = {}): Promise<RunResult> {
    this.calls.push(`resume ${run}`);
    return this.#begin(run, watch);
  }

  rollback(run: string, watch: RunWatch = {}): Promise<RunResult> {
    this.calls.push(`rollback ${run}`);
    return this.#begin(run, watch);
  }

  approve(run: string): boolean {
    return this.#note("approve", run);
  }

  decline(run: string): boolean {
    return this.#note("decline", run);
  }

  cancel(run: string): boolean {
    return this.#note("cancel", run);
  }

  async list(): Promise<UpgradeReport[]> {
    return this.known;
  }

  async show(run: string) {
    const report = this.known.find(({ id }) => id === run);
    return report && { report, records: [] };
  }

  /** Throws when it has not begun. */
  of(run: string): Begun {
    const begun = this.begun.get(run);
    if (!begun) throw new Error(`the run ${run} has not begun`);
    return begun;
  }

  #note(call: string, run: string): boolean {
    this.calls.push(`${call} ${run}`);
    return this.begun.has(run);
  }

  #begin(run: string, watch: RunWatch): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      // As the real one does: left, it is paused.
      watch.leave?.addEventListener("abort", () =>
        resolve(runResult({ run, state: "paused", exitCode: 30, message: "left" })),
      );
      this.begun.set(run, { watch, end: resolve, fail: reject });
    });
  }
}

export function runResult(over: Partial<RunResult> = {}): RunResult {
  return { run: "20260101-000000-aaaa", state: "kept", exitCode: 0, message: "", lost: null, ...over };
}
