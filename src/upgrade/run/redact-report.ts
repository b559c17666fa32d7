import type { UpgradeReport } from "../report/upgrade-report.ts";
import type { Redactor } from "./redactor.ts";

/** Texts only: ids and states are matched on. */
export function redactReport(report: UpgradeReport, redactor: Redactor): UpgradeReport {
  const text = (value: string | null): string | null => (value === null ? null : redactor.text(value));
  const steps = report.steps.map((step) => ({
    ...step,
    title: redactor.text(step.title),
    detail: text(step.detail),
  }));
  const { step, message, lost } = report;
  return { ...report, step: text(step), message: text(message), lost: text(lost), steps };
}
