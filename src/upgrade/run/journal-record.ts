// The records of a run's journal, one JSON object a line. What stands here is all that a resume knows of a run, but
// for what its vault holds.

import type { JsonObject } from "../../lib/json.ts";
import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { Operation } from "../operations/operation.ts";
import type { FailureKind } from "../operations/step-failure.ts";
import type { Program } from "../program.ts";

export type JournalRecord = {
  /** From 1, without a gap. */
  seq: number;
  /** ISO 8601, for people. */
  at: string;
  /** Part of it is a secret: it stands redacted here and whole in the vault. */
  redacted?: true | undefined;
} & JournalEntry;

export type JournalEntry =
  | StartedEntry
  /** Its effect may be beginning: until `done` its outcome is not known. */
  | { type: "intent"; op: string }
  | { type: "note"; op: string; notes: JsonObject }
  | { type: "done"; op: string; outcome: JsonObject }
  /** `known`: it has said so itself; otherwise it was stopped or has heard nothing, and may have had its effect. */
  | { type: "failed"; op: string; message: string; kind: FailureKind; known: boolean }
  | { type: "skipped"; step: string; why: string }
  | { type: "fact"; name: "migrated" | "pending" | "schema"; value: string | boolean | null }
  /** A step that may fail has failed; the run goes on. */
  | { type: "passed"; step: string; message: string }
  /** Before a step is tried again: what it had done is undone by these, then it begins anew. */
  | { type: "retry"; step: string; operations: Operation[] }
  | RollbackEntry
  /** `maintenance`: users read a page meanwhile, and are let back when the run goes on to its end. */
  | { type: "paused"; reason: string; maintenance: boolean }
  | { type: "approved"; op: string; by: string }
  | { type: "declined"; op: string; by: string }
  | { type: "cancelled" }
  | { type: "resumed"; by: RunnerIdentity }
  | { type: "finished"; state: "kept" | "rolled_back"; exitCode: 0 | 10 | 20; lost: string | null };

export interface StartedEntry {
  type: "started";
  run: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  program: Program;
  runner: RunnerIdentity;
  planDirectory: string;
  /** Of the service when the run began. */
  mode: "open" | "hold" | "maintenance";
  /** Of then too; null: the gateway did not say. */
  metrics: ServiceMetrics | null;
}

export interface RollbackEntry {
  type: "rollback";
  reason: string;
  /** All of them, in order. */
  operations: Operation[];
  lost: string | null;
}

export interface RunnerIdentity {
  pid: number;
  host: string;
}
