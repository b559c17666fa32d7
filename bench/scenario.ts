// What a scenario is. The runner (run-scenario.ts) calls the contenders in turn, so that a disturbance of the
// machine hits all of them and not one.

import type { Contender } from "./contender.ts";

/** By the key of a metric; a figure that a contender does not have is left out. */
export type Figures = Readonly<Record<string, number>>;

export interface Metric {
  key: string;
  label: string;
  decimals: number;
  /** It is also shown in multiples of what these contenders have, where they were measured. */
  ratiosTo?: readonly string[];
  /** In words instead of as a number. */
  inWords?: (value: number) => string;
}

/** Whom ratios usually compare with. */
export const YARDSTICKS: readonly string[] = ["nginx", "caddy"];

export interface Measurement {
  figures: Figures;
  /** What a figure cannot say. */
  notes?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** Names; left out: all. */
  readonly contenders?: readonly string[];
  /** How often each is measured, where that is not for the caller to choose. */
  readonly rounds?: number;
  /** What this machine lacks for it; null: nothing. */
  missing?(): Promise<string | null>;
  /** Starts what the contenders share. What `resources` is given is released when the scenario ends. */
  open(bench: Bench, resources: AsyncDisposableStack): Promise<Stage>;
}

export interface Stage {
  /** Makes one contender ready; throws when it does not start or answers wrong. */
  prepare(contender: Contender): Promise<Measurable>;
}

export interface Measurable {
  measure(): Promise<Measurement>;
}

export interface Bench {
  /** How long one measurement under steady load lasts. */
  seconds: number;
  /** A directory in memory; it is removed at the end. */
  directory: string;
}

export type Outcome =
  | { kind: "measured"; figures: Figures; rounds: readonly Figures[]; notes: readonly string[] }
  | { kind: "failed"; reason: string }
  | { kind: "missing"; reason: string };

export interface ScenarioResult {
  scenario: Pick<Scenario, "name" | "title" | "metrics">;
  outcomes: ReadonlyMap<string, Outcome>;
}
