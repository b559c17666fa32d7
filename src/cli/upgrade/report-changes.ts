// What has happened between two reports of a run: for who reads lines, and for programs.

import type { UpgradeReport, UpgradeStepReport } from "../../admin/api-types.ts";

export type ReportChange =
  | { type: "started"; id: string; name: string; service: string; dryRun: boolean }
  | {
      type: "step";
      id: string;
      step: string;
      verb: string;
      title: string;
      state: UpgradeStepReport["state"];
      detail: string | null;
    }
  | { type: "state"; id: string; state: UpgradeReport["state"]; message: string | null };

export function reportChanges(before: UpgradeReport | undefined, after: UpgradeReport): ReportChange[] {
  const { id, name, service, dryRun, state, message } = after;
  const known = new Map(before?.steps.map((step) => [step.id, step.state]));
  const steps = after.steps
    .filter((step) => step.state !== (known.get(step.id) ?? "pending"))
    .map((step) => ({
      type: "step" as const,
      id,
      step: step.id,
      verb: step.verb,
      title: step.title,
      state: step.state,
      detail: step.detail,
    }));
  const started = before ? [] : [{ type: "started" as const, id, name, service, dryRun }];
  const moved = (before?.state ?? "running") !== state || (before && before.message !== message);
  return [...started, ...steps, ...(moved ? [{ type: "state" as const, id, state, message }] : [])];
}
