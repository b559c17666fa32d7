// Tells the gateway how runs go, without ever holding a run up: the latest report of each run wins, at most five are
// sent in a second, and the last one of a run is tried for a minute. While a run goes on its report is repeated,
// because a gateway that hears nothing takes the runner for dead.

import type { AdminClient } from "../../client/admin-client.ts";
import { isObject } from "../../client/answer-guards.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { sleep } from "../../lib/sleep.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";
import { PersistentClient } from "./persistent-client.ts";

const SHORTEST_INTERVAL_MS = 200;
/** The gateway waits for 60 s. */
const REPEAT_EVERY_MS = 15_000;
const ATTEMPT_MS = 5_000;
const LAST_PATIENCE_MS = 60_000;

export interface ReportSenderOptions {
  client: Pick<AdminClient, "call">;
  clock: Clock;
}

export class ReportSender {
  readonly #clock: Clock;
  readonly #client: ReportSenderOptions["client"];
  /** What is still to be told, by run. */
  readonly #pending = new Map<string, UpgradeReport>();
  /** Runs that go on, for repeating. */
  readonly #live = new Map<string, { report: UpgradeReport; timer: Timer }>();
  readonly #closed = new AbortController();
  #sending: Promise<void> | null = null;

  constructor({ client, clock }: ReportSenderOptions) {
    this.#client = client;
    this.#clock = clock;
  }

  report(report: UpgradeReport): void {
    if (this.#closed.signal.aborted) return;
    this.#pending.set(report.id, report);
    this.#live.get(report.id)?.timer.cancel();
    if (isOver(report)) this.#live.delete(report.id);
    else this.#repeatLater(report);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  /** Nobody carries the run out any more: its last report is not repeated. */
  forget(run: string): void {
    this.#live.get(run)?.timer.cancel();
    this.#live.delete(run);
  }

  /** Resolves when all that was reported has been told, or was given up. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  /** Gives up what is not yet told. */
  close(): void {
    this.#closed.abort();
    for (const { timer } of this.#live.values()) timer.cancel();
    this.#live.clear();
    this.#pending.clear();
  }

  #repeatLater(report: UpgradeReport): void {
    const timer = this.#clock.after(REPEAT_EVERY_MS, () => this.report(report));
    this.#live.set(report.id, { report, timer });
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#closed;
    for (let next = this.#takeNext(); next; next = this.#takeNext()) {
      await this.#send(next);
      await sleep(this.#clock, SHORTEST_INTERVAL_MS, signal).catch(() => {});
    }
  }

  #takeNext(): UpgradeReport | undefined {
    const [next] = this.#pending.values();
    if (next) this.#pending.delete(next.id);
    return next;
  }

  /** Never rejects: a gateway that is away hears the next one. */
  async #send(report: UpgradeReport): Promise<void> {
    const patienceMs = isOver(report) ? LAST_PATIENCE_MS : 0;
    const calls = new PersistentClient({ client: this.#client, clock: this.#clock, patienceMs });
    const late = new AbortController();
    const timer = this.#clock.after(patienceMs + ATTEMPT_MS, () => late.abort());
    const path = `/admin/upgrades/${encodeURIComponent(report.id)}/report`;
    const signal = AbortSignal.any([late.signal, this.#closed.signal]);
    try {
      await calls.call({ method: "PUT", path, body: report }, isObject, signal);
    } catch {
      // Told with the next one; see above.
    } finally {
      timer.cancel();
    }
  }
}

function isOver({ exitCode, state }: UpgradeReport): boolean {
  return exitCode !== null || state === "paused" || state === "planned" || state === "refused";
}
