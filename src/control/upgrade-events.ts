// What has happened between two reports of a run, as events.

import type { UpgradeReport, UpgradeStepReport } from "./upgrade-report.ts";

export interface UpgradeEvent {
  type: "upgrade_started" | "upgrade_step" | "upgrade_waiting" | "upgrade_rolling_back" | "upgrade_finished";
  data: Record<string, unknown>;
}

/**
 * `since` (ms since 1970): what began or ended before is history that a runner tells again, not news. A dry run
 * changes nothing, so it is no news either.
 */
export function upgradeEvents(
  before: UpgradeReport | undefined,
  after: UpgradeReport,
  since: number,
): UpgradeEvent[] {
  if (after.dryRun) return [];
  const { id, name } = after;
  const events: UpgradeEvent[] = [];
  const isNew = before === undefined && after.startedAt >= since;
  if (isNew && after.state !== "refused") events.push({ type: "upgrade_started", data: { id, name } });
  if (before || isNew) events.push(...stepEvents(before, after));
  if (before?.state !== after.state) events.push(...stateEvents(before, after, since));
  return events;
}

function stepEvents(before: UpgradeReport | undefined, after: UpgradeReport): UpgradeEvent[] {
  const known = new Map(before?.steps.map((step) => [step.id, step.state]));
  return after.steps
    .filter((step) => hasMoved(step, known.get(step.id)))
    .map((step) => stepEvent(after.id, step));
}

function hasMoved(step: UpgradeStepReport, before: UpgradeStepReport["state"] | undefined): boolean {
  return step.state !== (before ?? "pending");
}

function stepEvent(id: string, { id: step, state }: UpgradeStepReport): UpgradeEvent {
  return { type: "upgrade_step", data: { id, step, state } };
}

function stateEvents(before: UpgradeReport | undefined, after: UpgradeReport, since: number): UpgradeEvent[] {
  const { id, state, message, exitCode, lost } = after;
  switch (state) {
    case "running":
    case "planned":
      return [];
    case "waiting":
      return [{ type: "upgrade_waiting", data: { id, message } }];
    case "rolling_back":
      return [{ type: "upgrade_rolling_back", data: { id, message } }];
    case "paused":
    case "kept":
    case "rolled_back":
    case "refused": {
      if (before === undefined && (after.finishedAt ?? since) < since) return [];
      return [{ type: "upgrade_finished", data: { id, result: state, exitCode, lost } }];
    }
  }
}
