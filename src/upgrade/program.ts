// What a run is going to do, completely, before it begins: the steps with their operations. Plain data; the first
// record of the journal holds it, so that a resume needs neither the plan's file nor a second look.

import type { Operation, TargetRefs } from "./operations/operation.ts";
import type { Condition, PointOfNoReturn, VerbName } from "./plan/plan.ts";

export interface Program {
  plan: string;
  service: string;
  steps: ProgramStep[];
  /** Reads the schema's version; null: a started new version counts as migrated. */
  readSchema: Extract<Operation, { kind: "read-schema" }> | null;
  /** As the targets were when the run began. */
  targets: TargetRefs;
}

export interface ProgramStep {
  id: string;
  verb: VerbName;
  /** For people: `replace app with ghcr.io/…:0.18.0`. */
  title: string;
  when: Condition | null;
  timeoutMs: number | null;
  retry: { attempts: number; backoffMs: number };
  onFailure: "rollback" | "pause" | "continue";
  pointOfNoReturn: PointOfNoReturn | null;
  /** In order; empty for `parallel`. */
  operations: Operation[];
  /** Of `parallel`: they run side by side, each a step of its own. */
  branches: ProgramStep[];
  /**
   * The declared way back, compiled: runs when the step is undone, after what it started has been stopped and before
   * what it stopped is started again. Null: none is declared.
   */
  undo: Operation[] | null;
  /** What a rollback of it loses once users could write since; null: nothing. */
  loses: string | null;
}
