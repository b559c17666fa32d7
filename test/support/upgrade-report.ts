import type { UpgradeReport, UpgradeStepReport } from "../../src/admin/api-types.ts";

/** A run that has just begun; two steps, none of them done. */
export function upgradeReport(over: Partial<UpgradeReport> = {}): UpgradeReport {
  return {
    id: "20260101-000000-aaaa",
    name: "chat",
    service: "chat",
    dryRun: false,
    state: "running",
    startedAt: Date.UTC(2026, 0, 1),
    finishedAt: null,
    percent: 0,
    step: null,
    message: null,
    lost: null,
    exitCode: null,
    steps: [
      stepReport({ id: "pull", verb: "pull", title: "Pull app:2" }),
      stepReport({ id: "replace-app", verb: "replace", title: "Replace app with app:2" }),
    ],
    ...over,
  };
}

export function stepReport(over: Partial<UpgradeStepReport> = {}): UpgradeStepReport {
  return {
    id: "step",
    verb: "wait",
    title: "Wait",
    state: "pending",
    percent: null,
    detail: null,
    startedAt: null,
    finishedAt: null,
    ...over,
  };
}
