// A journal in memory that can be killed at any record: before it is durable or just after. Then nothing is written
// any more, as by a process that is gone; the file's own behaviour is tested in journal.test.ts.

import type { JournalEntry, JournalRecord } from "../../../../src/upgrade/run/journal-record.ts";
import type { Journal } from "../../../../src/upgrade/run/journal.ts";

export class Killed extends Error {}

export interface Crash {
  /** Counted from 0, over all records that this runner writes. */
  at: number;
  when: "before" | "after";
}

export class MemoryJournal implements Journal {
  readonly records: JournalRecord[];
  readonly #crash: Crash | null;
  #written = 0;
  #isDead = false;

  constructor(records: readonly JournalRecord[] = [], crash: Crash | null = null) {
    this.records = [...records];
    this.#crash = crash;
  }

  async append(entry: JournalEntry): Promise<JournalRecord> {
    if (this.#isDead) throw new Killed();
    const isCrash = this.#crash?.at === this.#written;
    this.#written += 1;
    this.#isDead = isCrash;
    if (isCrash && this.#crash?.when === "before") throw new Killed();
    const seq = this.records.length + 1;
    // As if it had been written to a file and read again.
    const record: JournalRecord = structuredClone({ seq, at: new Date(0).toISOString(), ...entry });
    this.records.push(record);
    if (isCrash) throw new Killed();
    return record;
  }
}
