// The runs of a dataDir: one directory each, with its journal, its vault and what it kept (logs, outputs, backups).
//
//   upgrades/<run>/journal.jsonl · private.json · …        upgrades/locks/<service>.json

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode } from "../../lib/error-code.ts";
import { isRunId } from "../../lib/new-run-id.ts";
import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { JournalRecord } from "./journal-record.ts";
import type { JournalState } from "./journal-state.ts";
import { foldJournal } from "./journal-state.ts";
import { commandsOf } from "../operations/command.ts";
import { JournalDamaged } from "./journal-damaged.ts";
import { readJournal, readService, readShownJournal } from "./journal.ts";
import { ReportBuilder } from "./report-builder.ts";
import { FileVault } from "./vault.ts";

const KEPT_RUNS = 50;

export interface ShownRun {
  report: UpgradeReport;
  records: JournalRecord[];
}

export class RunStore {
  readonly directory: string;
  /** Of services, with what their runs have started. */
  readonly #processes: string;

  constructor(dataDir: string) {
    this.directory = join(dataDir, "upgrades");
    this.#processes = join(dataDir, "processes");
  }

  get locks(): string {
    return join(this.directory, "locks");
  }

  directoryOf(run: string): string {
    return join(this.directory, run);
  }

  journalOf(run: string): string {
    return join(this.directoryOf(run), "journal.jsonl");
  }

  vaultOf(run: string): string {
    return join(this.directoryOf(run), "private.json");
  }

  /** The newest first, those that never began included. */
  async ids(): Promise<string[]> {
    const names = await namesIn(this.directory);
    return names
      .filter((name) => isRunId(name))
      .toSorted()
      .toReversed();
  }

  /** Undefined: there is no such run, or nothing of it was begun. @throws {JournalDamaged} */
  async state(run: string): Promise<JournalState | undefined> {
    if (!isRunId(run)) return undefined;
    try {
      const vault = await FileVault.open(this.vaultOf(run));
      const { records } = await readJournal(this.journalOf(run), vault);
      return foldJournal(records);
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** As people may see it. @throws {JournalDamaged} */
  async show(run: string): Promise<ShownRun | undefined> {
    if (!isRunId(run)) return undefined;
    try {
      const records = await readShownJournal(this.journalOf(run));
      const report = reportOf(records);
      return report && { report, records };
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** The newest first. One that cannot be read is left out, and told of. */
  async list(onUnreadable: (run: string, error: unknown) => void): Promise<UpgradeReport[]> {
    const reports: UpgradeReport[] = [];
    for (const run of await this.ids()) {
      try {
        const shown = await this.show(run);
        if (shown) reports.push(shown.report);
      } catch (error) {
        onUnreadable(run, error);
      }
    }
    return reports;
  }

  /** Its run that is not at its end. @throws {JournalDamaged} since one that cannot be read may be it. */
  async unfinishedOf(service: string, except: string): Promise<JournalState | undefined> {
    for (const run of await this.ids()) {
      const state = run === except ? undefined : await this.#stateFor(service, run);
      if (state?.started.program.service === service && state.phase.name !== "finished") return state;
    }
    return undefined;
  }

  /** The service's run after this one. */
  async newerThan(run: string, service: string): Promise<string | undefined> {
    for (const other of await this.ids()) {
      if (other <= run) return undefined;
      if ((await this.#stateFor(service, other))?.started.program.service === service) return other;
    }
    return undefined;
  }

  /** Undefined also for one that cannot be read but says that it is of another service. @throws {JournalDamaged} */
  async #stateFor(service: string, run: string): Promise<JournalState | undefined> {
    try {
      return await this.state(run);
    } catch (error) {
      if (!(error instanceof JournalDamaged)) throw error;
      const own = await readService(this.journalOf(run));
      if (own === null || own === service) throw error;
      return undefined;
    }
  }

  /** Forgets old runs that are at their end, but for the newest; what they kept beside stays. */
  async prune(): Promise<void> {
    let finished = 0;
    for (const run of await this.ids()) {
      const state = await this.state(run).catch(() => null);
      if (state === null || (state !== undefined && state.phase.name !== "finished")) continue;
      finished += 1;
      if (finished > KEPT_RUNS) await this.#forget(run, state);
    }
  }

  /** Backups are never deleted, so a directory that has some loses its records only. */
  async #forget(run: string, state: JournalState | undefined): Promise<void> {
    const hasBackup = [...(state?.operations.values() ?? [])].some(({ outcome }) => {
      const file = outcome?.["file"];
      return typeof file === "string" && file.startsWith(this.directoryOf(run));
    });
    await this.#forgetCommands(run);
    if (!hasBackup) return rm(this.directoryOf(run), { recursive: true, force: true });
    await rm(this.vaultOf(run), { force: true });
    await rm(this.journalOf(run), { force: true });
  }

  /** Each has a directory of its own, with its output. */
  async #forgetCommands(run: string): Promise<void> {
    for (const service of await namesIn(this.#processes)) {
      const directory = join(this.#processes, service);
      const own = (await namesIn(directory)).filter((name) => name.startsWith(commandsOf(run)));
      for (const name of own) await rm(join(directory, name), { recursive: true, force: true });
    }
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
  }
}

function reportOf(records: readonly JournalRecord[]): UpgradeReport | undefined {
  const [started] = records;
  if (started?.type !== "started") return undefined;
  const builder = new ReportBuilder(started);
  for (const record of records) builder.apply(record);
  return builder.build();
}
