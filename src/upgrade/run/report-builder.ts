// What people see of a run, from its journal and from what it says while it works. Every text is bounded: a report
// travels with each change, and stays in the gateway.

import type { ProgramStep } from "../program.ts";
import type { UpgradeReport, UpgradeState, UpgradeStepReport } from "../report/upgrade-report.ts";
import type { JournalRecord, StartedEntry } from "./journal-record.ts";
import { allSteps } from "./risk.ts";

const LONGEST = { line: 200, message: 4000 };

export class ReportBuilder {
  readonly #started: StartedEntry;
  readonly #steps: Map<string, UpgradeStepReport>;
  /** Which step an operation of the program, a retry or a rollback belongs to. */
  readonly #stepOf = new Map<string, string>();
  /** Operations of a step that are still to do; the program's while it goes forward, then those of the rollback. */
  #left = new Map<string, Set<string>>();
  #state: UpgradeState = "running";
  #message: string | null = null;
  #lost: string | null = null;
  #exitCode: number | null = null;
  #finishedAt: number | null = null;
  #step: string | null = null;

  constructor(started: StartedEntry) {
    this.#started = started;
    const steps = allSteps(started.program.steps);
    this.#steps = new Map(steps.map((step) => [step.id, pendingStep(step)]));
    for (const step of steps) this.#expect(step.id, step.operations);
  }

  apply(record: JournalRecord): void {
    const at = Date.parse(record.at);
    switch (record.type) {
      case "intent":
        return this.#begin(record.op, at);
      case "done":
        return this.#end(record.op, at);
      case "failed":
        return this.#fail(record.op, record.message, at);
      case "skipped":
        return this.#set(record.step, { state: "skipped", detail: line(record.why), finishedAt: at });
      case "passed":
        return this.#set(record.step, { state: "failed", detail: line(record.message), finishedAt: at });
      case "retry":
        return this.#retry(record.step, record.operations);
      case "rollback":
        return this.#rollBack(record.reason, record.operations, record.lost);
      case "paused":
        return this.#pause(record.reason);
      case "resumed":
        return this.#resume();
      case "finished":
        return this.#finish(record, at);
      case "started":
      case "note":
      case "fact":
      case "approved":
      case "declined":
      case "cancelled":
        return;
    }
  }

  /** Of an operation that is being done. */
  progress(operation: string, { percent, text }: { percent?: number; text?: string }): void {
    const step = this.#stepOf.get(operation);
    if (step === undefined) return;
    if (percent !== undefined) this.#set(step, { percent: Math.round(Math.min(100, Math.max(0, percent))) });
    if (text !== undefined) this.#set(step, { detail: line(text) });
  }

  detailOf(step: string): string | null {
    return this.#steps.get(step)?.detail ?? null;
  }

  /** A question is open; null: it is answered. */
  waiting(question: string | null): void {
    if (question !== null) {
      this.#state = "waiting";
      this.#message = bounded(question, LONGEST.message);
    } else if (this.#state === "waiting") {
      this.#state = "running";
      this.#message = null;
    }
  }

  build(): UpgradeReport {
    const { run, startedAt, program } = this.#started;
    const steps = [...this.#steps.values()].map((step) => ({ ...step }));
    const over = steps.filter(({ state }) => state !== "pending" && state !== "running").length;
    return {
      id: run,
      name: program.plan,
      service: program.service,
      dryRun: false,
      state: this.#state,
      startedAt,
      finishedAt: this.#finishedAt,
      percent: steps.length === 0 ? 100 : Math.floor((100 * over) / steps.length),
      step: this.#step,
      message: this.#message,
      lost: this.#lost,
      exitCode: this.#exitCode,
      steps,
    };
  }

  #begin(operation: string, at: number): void {
    const id = this.#stepOf.get(operation);
    const step = id === undefined ? undefined : this.#steps.get(id);
    if (id === undefined || step === undefined) return;
    this.#step = step.title;
    if (this.#state === "rolling_back") this.#set(id, { state: "undoing", percent: null });
    else
      this.#set(id, { state: "running", startedAt: step.startedAt ?? at, percent: null, finishedAt: null });
  }

  #end(operation: string, at: number): void {
    const id = this.#stepOf.get(operation);
    if (id === undefined) return;
    const left = this.#left.get(id);
    left?.delete(operation);
    if (left !== undefined && left.size > 0) return;
    const state = this.#state === "rolling_back" ? "undone" : "done";
    this.#set(id, { state, percent: null, finishedAt: at });
  }

  #fail(operation: string, message: string, at: number): void {
    const id = this.#stepOf.get(operation);
    if (id !== undefined) this.#set(id, { state: "failed", detail: line(message), finishedAt: at });
  }

  #retry(step: string, operations: readonly { id: string }[]): void {
    const program = allSteps(this.#started.program.steps).find(({ id }) => id === step);
    this.#expect(step, [...operations, ...(operations.length > 0 ? (program?.operations ?? []) : [])]);
    this.#state = "running";
    this.#message = null;
    this.#set(step, { state: "running", detail: "again", finishedAt: null });
  }

  #rollBack(reason: string, operations: readonly { id: string; step: string }[], lost: string | null): void {
    this.#state = "rolling_back";
    this.#message = bounded(reason, LONGEST.message);
    this.#lost = lost === null ? null : bounded(lost, LONGEST.message);
    this.#finishedAt = null;
    this.#exitCode = null;
    this.#left = new Map();
    for (const operation of operations) this.#expect(operation.step, [operation]);
  }

  #pause(reason: string): void {
    this.#state = "paused";
    this.#message = bounded(reason, LONGEST.message);
    this.#exitCode = 30;
    this.#step = null;
  }

  #resume(): void {
    if (this.#state !== "paused") return;
    this.#state = this.#isRollingBack() ? "rolling_back" : "running";
    this.#message = null;
    this.#exitCode = null;
  }

  #isRollingBack(): boolean {
    return [...this.#left.values()].some((left) => [...left].some((id) => id.startsWith("undo.")));
  }

  #finish(record: Extract<JournalRecord, { type: "finished" }>, at: number): void {
    this.#state = record.state;
    this.#exitCode = record.exitCode;
    this.#lost = record.lost === null ? null : bounded(record.lost, LONGEST.message);
    this.#finishedAt = at;
    this.#step = null;
  }

  #expect(step: string, operations: readonly { id: string }[]): void {
    const left = this.#left.get(step) ?? new Set();
    for (const { id } of operations) {
      this.#stepOf.set(id, step);
      left.add(id);
    }
    this.#left.set(step, left);
  }

  #set(step: string, change: Partial<UpgradeStepReport>): void {
    const known = this.#steps.get(step);
    if (known) this.#steps.set(step, { ...known, ...change });
  }
}

function pendingStep({ id, verb, title }: ProgramStep): UpgradeStepReport {
  const times = { startedAt: null, finishedAt: null };
  return { id, verb, title: line(title), state: "pending", percent: null, detail: null, ...times };
}

function line(text: string): string {
  return bounded(text.trim().replaceAll(/\s+/g, " "), LONGEST.line);
}

function bounded(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
