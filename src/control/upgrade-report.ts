// What the runner tells of a run. Bounded and redacted by the runner; the gateway keeps the newest for each run.

export interface UpgradeReport {
  /** `20261121-105312-k3f9` */
  id: string;
  /** The plan's name. */
  name: string;
  service: string;
  dryRun: boolean;
  state: UpgradeState;
  /** Milliseconds since 1970. */
  startedAt: number;
  finishedAt: number | null;
  /** 0 to 100, by steps done. */
  percent: number;
  /** What is being done, for people: `Replacing app`. */
  step: string | null;
  /** What it waits for, why it was paused or rolled back; several lines for a dry run. */
  message: string | null;
  /** What a rollback has lost; null: nothing. */
  lost: string | null;
  /** 0 kept · 10 rolled back · 20 with data loss · 30 paused · 50 plan invalid; null: not at its end. */
  exitCode: number | null;
  steps: UpgradeStepReport[];
}

/** `waiting`: for an approval. `refused`: the plan is invalid or another run has the lock. */
export type UpgradeState =
  | "running"
  | "waiting"
  | "rolling_back"
  | "paused"
  | "kept"
  | "rolled_back"
  | "planned"
  | "refused";

export interface UpgradeStepReport {
  id: string;
  verb: string;
  title: string;
  state: "pending" | "running" | "done" | "skipped" | "failed" | "undoing" | "undone";
  percent: number | null;
  /** The last thing it said. */
  detail: string | null;
  startedAt: number | null;
  finishedAt: number | null;
}
