// Runs that are over, or not: `holdgate upgrade list` and `show`.

import type { UpgradeReport } from "../../admin/api-types.ts";
import type { JournalRecord } from "../../upgrade/run/journal-record.ts";
import { describeDuration } from "../describe-duration.ts";
import { localTime } from "../render-event.ts";
import { renderTable } from "../render-table.ts";
import { harmless } from "./harmless.ts";

export function renderRuns(reports: readonly UpgradeReport[]): string {
  if (reports.length === 0) return "Nothing has been upgraded from here yet.";
  return renderTable([["RUN", "PLAN", "SERVICE", "STATE", "BEGAN", "TOOK"], ...reports.map(row)]).join("\n");
}

function row(report: UpgradeReport): string[] {
  const { id, name, service, state, startedAt, finishedAt } = report;
  const took = finishedAt === null ? "-" : describeDuration(finishedAt - startedAt);
  return [id, harmless(name), service, state.replace("_", " "), localTime(startedAt).slice(0, 19), took];
}

/** A line for each record of the journal: what was begun, what came of it. */
export function renderJournal(records: readonly JournalRecord[]): string[] {
  return records.map((record) => `${localTime(record.at)}  ${harmless(describeRecord(record))}`);
}

function describeRecord(record: JournalRecord): string {
  switch (record.type) {
    case "started":
      return `started  ${record.program.plan} (${record.program.service})`;
    case "intent":
      return `begin    ${record.op}`;
    case "done":
      return `done     ${record.op}`;
    case "failed":
      return `failed   ${record.op}: ${record.message}`;
    case "skipped":
      return `skipped  ${record.step}: ${record.why}`;
    case "passed":
      return `failed   ${record.step}, and it goes on: ${record.message}`;
    case "retry":
      return `retry    ${record.step}`;
    case "rollback":
      return `rollback: ${record.reason}`;
    case "paused":
      return `paused: ${record.reason}`;
    case "approved":
    case "declined":
      return `${record.type} ${record.op}, by ${record.by}`;
    case "fact":
      return `fact     ${record.name}: ${String(record.value)}`;
    case "note":
      return `note     ${record.op}`;
    case "cancelled":
      return "cancelled";
    case "resumed":
      return "resumed";
    case "finished":
      return `finished: ${record.state.replace("_", " ")}${record.lost === null ? "" : `, lost: ${record.lost}`}`;
  }
}
