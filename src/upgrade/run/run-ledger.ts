// A run's journal with what it says: every record is made durable first, then counts, then is shown.

import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { JournalEntry } from "./journal-record.ts";
import type { JournalState } from "./journal-state.ts";
import { nextState } from "./journal-state.ts";
import type { Journal } from "./journal.ts";
import type { ReportBuilder } from "./report-builder.ts";

export class RunLedger {
  readonly #journal: Journal;
  readonly #report: ReportBuilder;
  readonly #onReport: (report: UpgradeReport) => void;
  #state: JournalState;

  constructor(
    journal: Journal,
    state: JournalState,
    report: ReportBuilder,
    onReport: (report: UpgradeReport) => void,
  ) {
    this.#journal = journal;
    this.#state = state;
    this.#report = report;
    this.#onReport = onReport;
  }

  get state(): JournalState {
    return this.#state;
  }

  /** Resolves when it is durable. */
  async write(entry: JournalEntry): Promise<void> {
    const record = await this.#journal.append(entry);
    this.#state = nextState(this.#state, record);
    this.#report.apply(record);
    this.show();
  }

  progress(operation: string, progress: { percent?: number; text?: string }): void {
    this.#report.progress(operation, progress);
    this.show();
  }

  /** What was last said of a step that is being done. */
  detailOf(step: string): string | null {
    return this.#report.detailOf(step);
  }

  /** Null: it is answered. */
  waiting(question: string | null): void {
    this.#report.waiting(question);
    this.show();
  }

  show(): void {
    this.#onReport(this.#report.build());
  }
}
