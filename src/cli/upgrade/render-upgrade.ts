// A run as a terminal shows it: its steps with what they do just now. Pure, so that a test can read it.
//
//   chat · running · 1m 12s · 40 %
//     ✓ Pull app:2                                    8.1s
//     ⠹ Replace app with app:2   ██████░░░░░░  50 %   4.2s
//       waits for app to stop
//     · Check that /api/health is good
//   held 12, in hold for 4s

import { styleText } from "node:util";
import type { Mode, UpgradeReport, UpgradeStepReport } from "../../admin/api-types.ts";
import { describeDuration } from "../describe-duration.ts";
import { describeMode } from "../describe-service.ts";
import { harmless } from "./harmless.ts";

export interface RenderOptions {
  /** Columns of the terminal. */
  width: number;
  colour: boolean;
  /** Milliseconds since 1970. */
  now: number;
  /** What users have of it; null: the gateway did not say. */
  traffic?: { mode: Mode; held: number } | null;
}

type Colour = Parameters<typeof styleText>[0];
type StepState = UpgradeStepReport["state"];

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const BAR_COLUMNS = 16;
const MARKS: Record<StepState, { mark: string | null; colour: Colour }> = {
  pending: { mark: "·", colour: "dim" },
  running: { mark: null, colour: "cyan" },
  done: { mark: "✓", colour: "green" },
  skipped: { mark: "–", colour: "dim" },
  failed: { mark: "✗", colour: "red" },
  undoing: { mark: null, colour: "yellow" },
  undone: { mark: "↩", colour: "yellow" },
};
const STATE_COLOURS: Record<UpgradeReport["state"], Colour> = {
  running: "cyan",
  waiting: "magenta",
  rolling_back: "yellow",
  paused: "magenta",
  kept: "green",
  rolled_back: "yellow",
  planned: "cyan",
  refused: "red",
};

export function renderUpgrade(report: UpgradeReport, options: RenderOptions): string[] {
  const paint = (colour: Colour, text: string): string =>
    options.colour ? styleText(colour, text, { validateStream: false }) : text;
  const steps = report.steps.flatMap((step) => renderStep(step, options, paint));
  return [heading(report, options, paint), ...steps, ...closing(report, options, paint)];
}

type Paint = (colour: Colour, text: string) => string;

function heading(report: UpgradeReport, { now }: RenderOptions, paint: Paint): string {
  const elapsed = describeDuration((report.finishedAt ?? now) - report.startedAt);
  const state = paint(STATE_COLOURS[report.state], report.state.replace("_", " "));
  return `${paint("bold", oneLine(report.name))} · ${state} · ${elapsed} · ${report.percent} %  ${paint("dim", report.id)}`;
}

function renderStep(step: UpgradeStepReport, { width, now }: RenderOptions, paint: Paint): string[] {
  const { mark, colour } = MARKS[step.state];
  const busy = mark === null;
  const spinner = SPINNER[Math.floor(now / FRAME_MS) % SPINNER.length] ?? "";
  const progress = busy && step.percent !== null ? bar(step.percent) : "";
  const right = [progress, took(step, now)].filter((text) => text !== "").join("  ");
  // Two for the indent, two for the mark, and the last column is left free: some terminals wrap there.
  const title = cut(step.title, Math.max(10, width - 5 - right.length - 2));
  const gap = " ".repeat(Math.max(2, width - 5 - columns(title) - right.length));
  const dimmed = step.state === "pending" || step.state === "skipped" ? paint("dim", title) : title;
  const line = `  ${paint(colour, mark ?? spinner)} ${dimmed}${right === "" ? "" : gap + paint("dim", right)}`;
  const tells = step.detail !== null && (busy || step.state === "failed");
  return tells ? [line, `    ${paint("dim", cut(oneLine(step.detail ?? ""), width - 5))}`] : [line];
}

function closing(report: UpgradeReport, { width, now, traffic }: RenderOptions, paint: Paint): string[] {
  const lines: string[] = [];
  if (traffic && report.exitCode === null && (traffic.mode.name !== "open" || traffic.held > 0)) {
    lines.push(paint("yellow", cut(`  held ${traffic.held}, ${describeMode(traffic.mode, now)}`, width - 1)));
  }
  if (report.message !== null && report.message !== "") {
    lines.push(...report.message.split("\n").map((line) => `  ${cut(line, width - 3)}`));
  }
  if (report.lost !== null) lines.push(paint("red", cut(`  lost: ${oneLine(report.lost)}`, width - 1)));
  return lines;
}

function took({ startedAt, finishedAt }: UpgradeStepReport, now: number): string {
  return startedAt === null ? "" : describeDuration((finishedAt ?? now) - startedAt).padStart(6);
}

function bar(percent: number): string {
  const full = Math.round((BAR_COLUMNS * Math.min(Math.max(percent, 0), 100)) / 100);
  return `${"█".repeat(full)}${"░".repeat(BAR_COLUMNS - full)} ${String(Math.round(percent)).padStart(3)} %`;
}

function oneLine(text: string): string {
  return harmless(text)
    .replace(/[\n\t]+/g, " ")
    .trim();
}

function cut(text: string, most: number): string {
  const clean = harmless(text)
    .replace(/[\n\t]+/g, " ")
    .trimEnd();
  const characters = Array.from(clean);
  return characters.length <= most ? clean : `${characters.slice(0, Math.max(0, most - 1)).join("")}…`;
}

function columns(text: string): number {
  return Array.from(text).length;
}
