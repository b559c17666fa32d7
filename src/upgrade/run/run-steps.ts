// Goes through the steps of a program, forward. It decides nothing that the program does not say.

import { sleep } from "../../lib/sleep.ts";
import { formatDuration } from "../../lib/duration.ts";
import { StepFailure } from "../operations/step-failure.ts";
import { within } from "../operations/within.ts";
import type { ProgramStep } from "../program.ts";
import { describeCondition, holds, isMigratedNow, isPending } from "./facts.ts";
import { operationsOf } from "./journal-state.ts";
import { OperationFailed, performOperation, recordedFailure, stopIfAborted } from "./perform-operation.ts";
import { readSchema } from "./read-schema.ts";
import { allSteps, isBegun } from "./risk.ts";
import type { RunParts } from "./run-parts.ts";
import { undoForRetry } from "./undo-for-retry.ts";

export type StepsOutcome = { kind: "done" } | StepsFailed;

export interface StepsFailed {
  kind: "failed";
  step: string;
  message: string;
  reaction: "rollback" | "pause";
}

const DONE: StepsOutcome = { kind: "done" };

export async function runSteps(
  steps: readonly ProgramStep[],
  parts: RunParts,
  signal: AbortSignal,
): Promise<StepsOutcome> {
  for (const step of steps) {
    const outcome = await runStep(step, parts, signal);
    if (outcome.kind === "failed") return outcome;
  }
  return DONE;
}

async function runStep(step: ProgramStep, parts: RunParts, signal: AbortSignal): Promise<StepsOutcome> {
  const { state } = parts.ledger;
  if (state.skipped.has(step.id) || state.passed.has(step.id)) return DONE;
  if (!(await isWanted(step, parts, signal))) return DONE;
  for (;;) {
    try {
      return await runWithin(step, parts, signal);
    } catch (error) {
      if (!(error instanceof OperationFailed)) throw error;
      const failure = await unlessTriedAgain(step, error, parts, signal);
      if (failure !== null) return await react(step, failure, parts);
    }
  }
}

/** A step that was begun was wanted. */
async function isWanted(step: ProgramStep, parts: RunParts, signal: AbortSignal): Promise<boolean> {
  const { ledger } = parts;
  const isUnderWay = operationsOf([step]).some(({ id }) => isBegun(ledger.state, id));
  if (step.when === null || isUnderWay) return true;
  const { program } = ledger.state.started;
  const now = needsSchema(step) ? await readSchema(parts, signal) : null;
  // A reading that was broken off decides nothing; the step stops before its first operation.
  if (signal.aborted) return true;
  const facts = { migrated: isMigratedNow(ledger.state, program, now), pending: isPending(ledger.state) };
  if (needsSchema(step)) await ledger.write({ type: "fact", name: "migrated", value: facts.migrated });
  if (holds(step.when, facts)) return true;
  const why = `only when ${describeCondition(step.when)}`;
  for (const { id } of allSteps([step])) await ledger.write({ type: "skipped", step: id, why });
  return false;
}

function needsSchema({ when }: ProgramStep): boolean {
  return JSON.stringify(when).includes('"migrated"');
}

function runWithin(step: ProgramStep, parts: RunParts, signal: AbortSignal): Promise<StepsOutcome> {
  const { id, timeoutMs: ms } = step;
  const late = (): Error => new StepFailure(describeLate(step, parts.ledger.detailOf(id)));
  const { clock } = parts.world;
  return within({ clock, signal, ms, late }, (limited) =>
    step.branches.length > 0 ? runBranches(step, parts, limited) : runOperations(step, parts, limited),
  );
}

/** How far it had come tells whether it was slow or stuck. */
function describeLate({ title, timeoutMs }: ProgramStep, detail: string | null): string {
  const at = detail === null ? "" : ` (${detail})`;
  return `not done within ${formatDuration(timeoutMs ?? 0)}: ${title}${at}`;
}

async function runOperations(step: ProgramStep, parts: RunParts, signal: AbortSignal): Promise<StepsOutcome> {
  const { ledger } = parts;
  for (const operation of ledger.state.retries.get(step.id)?.operations ?? []) {
    await performOperation(operation, parts, signal);
  }
  for (const operation of step.operations) {
    const failure = recordedFailure(ledger.state, operation);
    if (failure) throw failure;
    await performOperation(operation, parts, signal);
    if (operation.kind === "read-pending" && !(await foundPending(operation.id, parts))) break;
  }
  return DONE;
}

/** The rest of a migration is for what is pending. */
async function foundPending(operation: string, { ledger }: RunParts): Promise<boolean> {
  const value = ledger.state.operations.get(operation)?.outcome?.["pending"] !== false;
  if (ledger.state.facts.get("pending") !== value)
    await ledger.write({ type: "fact", name: "pending", value });
  return value;
}

/** All of them come to an end before one that failed is acted on. */
async function runBranches(step: ProgramStep, parts: RunParts, signal: AbortSignal): Promise<StepsOutcome> {
  const settled = await Promise.allSettled(step.branches.map((branch) => runStep(branch, parts, signal)));
  const outcomes = settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  const failed = outcomes.filter((outcome) => outcome.kind === "failed");
  const [first] = failed;
  if (first === undefined) return DONE;
  const reaction = failed.some((outcome) => outcome.reaction === "pause") ? "pause" : "rollback";
  return { ...first, message: failed.map(({ message }) => message).join("; "), reaction };
}

/** What is to be acted on; null: the step is tried again. */
async function unlessTriedAgain(
  step: ProgramStep,
  failure: OperationFailed,
  parts: RunParts,
  signal: AbortSignal,
): Promise<OperationFailed | null> {
  const tried = (parts.ledger.state.retries.get(step.id)?.count ?? 0) + 1;
  if (failure.kind !== "failed" || tried >= step.retry.attempts || signal.aborted) return failure;
  try {
    await sleep(parts.world.clock, step.retry.backoffMs, AbortSignal.any([signal, parts.people.leave]));
    stopIfAborted(parts, signal);
  } catch {
    return stoppedBetween(parts, signal);
  }
  await parts.ledger.write({ type: "retry", step: step.id, operations: undoForRetry(step, parts) });
  return null;
}

/** @throws {RunLeft} */
function stoppedBetween(parts: RunParts, signal: AbortSignal): OperationFailed | null {
  try {
    stopIfAborted(parts, signal);
    return null;
  } catch (error) {
    if (error instanceof OperationFailed) return error;
    throw error;
  }
}

async function react(step: ProgramStep, failure: OperationFailed, parts: RunParts): Promise<StepsOutcome> {
  const { message } = failure;
  const failed = { kind: "failed" as const, step: step.id, message };
  switch (failure.kind) {
    case "needs-a-person":
      return { ...failed, reaction: "pause" };
    case "declined":
    case "cancelled":
      return { ...failed, reaction: "rollback" };
    case "failed": {
      if (step.onFailure !== "continue") return { ...failed, reaction: step.onFailure };
      await removeOneOff(step, parts);
      await parts.ledger.write({ type: "passed", step: step.id, message });
      return DONE;
    }
  }
}

/** Nobody comes back to it: it would stand there for ever. Not being able to is no reason to stop. */
async function removeOneOff(step: ProgramStep, parts: RunParts): Promise<void> {
  try {
    for (const operation of undoForRetry(step, parts)) {
      await performOperation(operation, parts, parts.people.leave);
    }
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
  }
}
