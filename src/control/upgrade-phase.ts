// What of a run may be shown to strangers: how far it is, and which kind of work it does.

import type { UpgradeProgress } from "../gateway/gateway-port.ts";
import type { UpgradeReport } from "./upgrade-report.ts";

type Phase = UpgradeProgress["phase"];

/** By verb; others say nothing to visitors, so what was said before them stands. */
const PHASES: Readonly<Record<string, Phase>> = {
  preflight: "preparing",
  announce: "preparing",
  pull: "fetching",
  load: "fetching",
  backup: "saving",
  migrate: "converting",
  restore: "converting",
  sync: "converting",
  stop: "installing",
  start: "installing",
  replace: "installing",
  update: "installing",
  candidate: "installing",
  healthy: "checking",
  check: "checking",
  confirm: "checking",
  observe: "checking",
  release: "finishing",
  cutover: "finishing",
  retire: "finishing",
};

export function progressOf(report: UpgradeReport): UpgradeProgress {
  return { percent: Math.min(Math.max(report.percent, 0), 100), phase: phaseOf(report) };
}

function phaseOf({ state, steps }: UpgradeReport): Phase {
  if (state === "rolling_back") return "going_back";
  const begun = steps.filter((step) => step.state !== "pending" && step.state !== "skipped");
  const telling = begun.findLast(({ verb }) => PHASES[verb] !== undefined);
  return (telling && PHASES[telling.verb]) ?? "preparing";
}
