// Carries out a run in a simulated world: started, killed, resumed, as a test says.

import type { Clock } from "../../../../src/lib/clock.ts";
import type { Program } from "../../../../src/upgrade/program.ts";
import type { JournalRecord, StartedEntry } from "../../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../../src/upgrade/run/journal-state.ts";
import { Questions } from "../../../../src/upgrade/run/questions.ts";
import { Redactor } from "../../../../src/upgrade/run/redactor.ts";
import { ReportBuilder } from "../../../../src/upgrade/run/report-builder.ts";
import { RunLedger } from "../../../../src/upgrade/run/run-ledger.ts";
import type { RunParts } from "../../../../src/upgrade/run/run-parts.ts";
import { UpgradeRun } from "../../../../src/upgrade/run/upgrade-run.ts";
import type { RunResult } from "../../../../src/upgrade/upgrades-port.ts";
import type { UpgradeReport } from "../../../../src/upgrade/report/upgrade-report.ts";
import { runFacts } from "../../../support/upgrade/perform-context.ts";
import type { Crash } from "./memory-journal.ts";
import { Killed, MemoryJournal } from "./memory-journal.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Time passes at once: what waits is called back in the next round of the loop. */
export const hastyClock: Clock = {
  now: () => 0,
  wall: () => 0,
  after(_delayMs, callback) {
    const immediate = setImmediate(callback);
    return { cancel: () => clearImmediate(immediate) };
  },
};

export const RUNNER = { pid: 1, host: "here" };

export type Way = "start" | "resume" | "rollback";
export type RunEnd = { kind: "ended"; result: RunResult } | { kind: "killed" };

export interface RunnerOptions {
  crash?: Crash | null;
  cancel?: AbortSignal;
  leave?: AbortSignal;
  clock?: Clock;
  onReport?: (report: UpgradeReport) => void;
}

/** A run, with what is durable of it. */
export class RunInWorld {
  readonly world: SimulatedWorld;
  readonly questions = new Questions();
  records: JournalRecord[];

  constructor(world: SimulatedWorld, program: Program) {
    this.world = world;
    this.records = [{ seq: 1, at: new Date(0).toISOString(), ...startedWith(program) }];
  }

  async go(way: Way, options: RunnerOptions = {}): Promise<RunEnd> {
    const journal = new MemoryJournal(this.records, options.crash ?? null);
    const run = new UpgradeRun(this.#parts(journal, options));
    try {
      return { kind: "ended", result: await carryOut(run, way) };
    } catch (error) {
      if (error instanceof Killed) return { kind: "killed" };
      throw error;
    } finally {
      this.records = journal.records;
    }
  }

  #parts(
    journal: MemoryJournal,
    { cancel, leave, clock = hastyClock, onReport = () => {} }: RunnerOptions,
  ): RunParts {
    const state = foldJournal(journal.records);
    if (state === undefined) throw new Error("the journal has no beginning");
    const report = new ReportBuilder(state.started);
    for (const record of journal.records) report.apply(record);
    const redactor = new Redactor();
    return {
      ledger: new RunLedger(journal, state, report, onReport),
      handlers: this.world.handlers,
      facts: runFacts(0, { id: state.started.run }),
      world: {
        engine: null,
        gateway: this.world.gateway,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no operation of this world is a command
        processes: {} as never,
        clock,
      },
      secrets: {
        redactor,
        vault: { put: async () => {}, get: async () => undefined },
        reveal: (text) => text,
      },
      people: {
        questions: this.questions,
        onLine: () => {},
        cancel: cancel ?? new AbortController().signal,
        leave: leave ?? new AbortController().signal,
      },
    };
  }
}

function carryOut(run: UpgradeRun, way: Way): Promise<RunResult> {
  switch (way) {
    case "start":
      return run.start();
    case "resume":
      return run.resume(RUNNER);
    case "rollback":
      return run.rollback(RUNNER);
  }
}

export function startedWith(program: Program): StartedEntry {
  const run = "20260101-000000-test";
  const times = { startedAt: 0, runner: RUNNER, planDirectory: "/" };
  return { type: "started", run, program, ...times, mode: "open", metrics: null };
}
