// `holdgate audit` for people.

import type { AuditAnswer } from "../admin/api-types.ts";
import { isObject } from "../client/answer-guards.ts";
import { localTime, renderDetails } from "./render-event.ts";
import { renderTable } from "./render-table.ts";

const HEADINGS = ["TIME", "WHO", "FROM", "ACTION", "SERVICE", "OUTCOME", "DETAILS"];

/** The newest last, next to the prompt; the answer has it first. */
export function renderAudit({ entries }: AuditAnswer): string {
  if (entries.length === 0) return "Nothing has been done yet.";
  const rows = entries.filter(isObject).toReversed().map(auditCells);
  return renderTable([HEADINGS, ...rows]).join("\n");
}

// The log outlives versions of Holdgate: an entry may lack any part.
function auditCells(entry: Record<string, unknown>): string[] {
  const cell = (key: string): string => (typeof entry[key] === "string" ? entry[key] : "-");
  const outcome = "code" in entry ? `${cell("outcome")}: ${cell("code")}` : cell("outcome");
  const who = ["actor", "from", "action", "service"].map(cell);
  return [localTime(cell("at")), ...who, outcome, renderDetails(entry["parameters"])];
}
