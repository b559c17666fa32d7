// Three ways to watch a run: a list that redraws itself on a terminal, a line for each event elsewhere, and JSON lines.

import { createLogUpdate } from "log-update";
import type { Mode, UpgradeReport } from "../../admin/api-types.ts";
import type { RunResult } from "../../upgrade/upgrades-port.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { localTime } from "../render-event.ts";
import type { Terminal } from "../terminal.ts";
import { harmless } from "./harmless.ts";
import { renderUpgrade } from "./render-upgrade.ts";
import { type ReportChange, reportChanges } from "./report-changes.ts";

export interface RunView {
  report(report: UpgradeReport): void;
  /** A line of output of what runs. */
  line(line: { step: string; text: string }): void;
  /** What users have of it just now. */
  traffic(traffic: { mode: Mode; held: number } | null): void;
  /** For the operator: a question, what a signal does. */
  say(text: string): void;
  end(result: RunResult): void;
  /** Leaves the terminal as it was, also when the run failed. Twice is harmless. */
  close(): void;
}

export function openRunView(terminal: Terminal, clock: Clock, json: boolean): RunView {
  if (json) return new JsonView(terminal, clock);
  return terminal.stdout.isTTY === true ? new LiveView(terminal, clock) : new LineView(terminal, clock);
}

const FRAME_MS = 100;

class LiveView implements RunView {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  #report: UpgradeReport | undefined;
  #traffic: { mode: Mode; held: number } | null = null;
  #said: string | null = null;
  #timer: Timer | undefined;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#draw = createLogUpdate(terminal.stdout);
    this.#tick();
  }

  report(report: UpgradeReport): void {
    if (report.state !== this.#report?.state) this.#said = null;
    this.#report = report;
    this.#redraw();
  }

  line(): void {
    // The step shows the last one; all of them are in the run's directory.
  }

  traffic(traffic: { mode: Mode; held: number } | null): void {
    this.#traffic = traffic;
  }

  say(text: string): void {
    this.#said = text;
    this.#redraw();
  }

  end(result: RunResult): void {
    this.#said = null;
    this.#traffic = null;
    // The result says it in full, below the list.
    if (this.#report) this.#report = { ...this.#report, message: null, lost: null };
    this.#redraw();
    this.close();
    this.#terminal.print(describeResult(result));
  }

  close(): void {
    this.#timer?.cancel();
    this.#draw.done();
  }

  #tick(): void {
    this.#timer = this.#clock.after(FRAME_MS, () => {
      this.#redraw();
      this.#tick();
    });
  }

  #redraw(): void {
    if (!this.#report) return;
    // A pseudo terminal that nobody has sized says 0 columns.
    const width = this.#terminal.stdout.columns || 80;
    const colour = this.#terminal.style("bold", "x") !== "x";
    const options = { width, colour, now: this.#clock.wall(), traffic: this.#traffic };
    const lines = renderUpgrade(this.#report, options);
    this.#draw([...lines, ...(this.#said === null ? [] : ["", this.#said])].join("\n"));
  }
}

class LineView implements RunView {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #last: UpgradeReport | undefined;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  report(report: UpgradeReport): void {
    for (const change of reportChanges(this.#last, report)) this.#print(describeChange(change));
    this.#last = report;
  }

  line({ step, text }: { step: string; text: string }): void {
    this.#print(`${step} | ${text}`);
  }

  traffic(): void {}

  say(text: string): void {
    this.#terminal.complain(text);
  }

  end(result: RunResult): void {
    this.#terminal.print(describeResult(result));
  }

  close(): void {}

  #print(text: string): void {
    this.#terminal.print(`${localTime(this.#clock.wall())}  ${harmless(text)}`);
  }
}

class JsonView implements RunView {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #last: UpgradeReport | undefined;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  report(report: UpgradeReport): void {
    for (const change of reportChanges(this.#last, report)) this.#print(change);
    this.#last = report;
  }

  line(line: { step: string; text: string }): void {
    this.#print({ type: "line", ...line });
  }

  traffic(): void {}

  say(text: string): void {
    this.#terminal.complain(text);
  }

  end(result: RunResult): void {
    this.#print({ type: "finished", ...result });
  }

  close(): void {}

  #print(event: object): void {
    this.#terminal.printJson({ at: new Date(this.#clock.wall()).toISOString(), ...event });
  }
}

function describeChange(change: ReportChange): string {
  switch (change.type) {
    case "started":
      return `${change.name} (${change.service}): ${change.dryRun ? "dry run" : "run"} ${change.id}`;
    case "step": {
      const detail = change.state === "failed" && change.detail !== null ? `: ${change.detail}` : "";
      return `${change.step}  ${change.state}  ${change.title}${detail}`;
    }
    case "state":
      return `${change.state.replace("_", " ")}${change.message === null ? "" : `: ${change.message}`}`;
  }
}

const RESULTS: Record<RunResult["state"], string> = {
  kept: "kept: the upgrade is done",
  rolled_back: "rolled back: everything is as it was before",
  paused: "paused",
  refused: "refused: nothing was touched",
  planned: "planned: nothing was touched",
};

function describeResult({ run, state, message, lost }: RunResult): string {
  const heading = lost === null ? RESULTS[state] : "rolled back, with loss of data";
  // The message may say no more than the heading, or the loss as well.
  const more = message === state.replace("_", " ") ? "" : message;
  const loss = lost === null || message.includes(lost) ? "" : `lost: ${lost}`;
  return harmless([`${heading} (${run})`, more, loss].filter((text) => text !== "").join("\n"));
}
