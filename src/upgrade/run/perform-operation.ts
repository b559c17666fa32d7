// Carries out one operation, between two records of the journal. What an engine in trouble has refused or not
// answered is tried again for a few seconds; everything else is the step's business.

import { isTransient } from "../../docker/engine-error.ts";
import type { JsonObject } from "../../lib/json.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Operation } from "../operations/operation.ts";
import { StepFailure } from "../operations/step-failure.ts";
import type { FailureKind } from "../operations/step-failure.ts";
import type { JournalState } from "./journal-state.ts";
import { performContext } from "./perform-context.ts";
import type { RunParts } from "./run-parts.ts";
import { handlerOf } from "./undo-operations.ts";

const TRANSIENT_ATTEMPTS = 5;
const TRANSIENT_BACKOFF_MS = 100;

/** An operation failed, and the journal says so. */
export class OperationFailed extends Error {
  readonly kind: FailureKind;
  /** Null: the step was stopped between two operations. */
  readonly operation: string | null;
  readonly known: boolean;

  constructor(operation: string | null, message: string, kind: FailureKind, known: boolean) {
    super(message);
    this.name = "OperationFailed";
    this.operation = operation;
    this.kind = kind;
    this.known = known;
  }
}

/** The run is left where it is, as by a killed runner. */
export class RunLeft extends Error {
  constructor() {
    super("the runner stops; the run is left where it is");
    this.name = "RunLeft";
  }
}

/** Harmless for one that is done. @throws {OperationFailed | RunLeft} */
export async function performOperation(
  operation: Operation,
  parts: RunParts,
  signal: AbortSignal,
): Promise<void> {
  const { ledger } = parts;
  const known = ledger.state.operations.get(operation.id)?.status;
  if (known?.name === "done") return;
  stopIfAborted(parts, signal);
  const again = known !== undefined && known.name !== "reset";
  await ledger.write({ type: "intent", op: operation.id });
  const outcome = await attempt(operation, parts, again, signal);
  await ledger.write({ type: "done", op: operation.id, outcome });
}

async function attempt(
  operation: Operation,
  parts: RunParts,
  again: boolean,
  signal: AbortSignal,
): Promise<JsonObject> {
  try {
    return await persist(operation, parts, again, signal);
  } catch (error) {
    if (parts.people.leave.aborted) throw new RunLeft();
    const failure = failureOf(operation, parts, error, signal);
    const { message, kind, known } = failure;
    await parts.ledger.write({ type: "failed", op: operation.id, message, kind, known });
    throw failure;
  }
}

async function persist(
  operation: Operation,
  parts: RunParts,
  again: boolean,
  signal: AbortSignal,
): Promise<JsonObject> {
  const handler = handlerOf(parts.handlers, operation.kind);
  for (let failures = 0; ; failures += 1) {
    try {
      const context = performContext(parts, operation, { again: again || failures > 0, signal });
      return await handler.perform(operation, context);
    } catch (error) {
      if (!isTransient(error) || failures === TRANSIENT_ATTEMPTS || signal.aborted) throw error;
      await sleep(parts.world.clock, TRANSIENT_BACKOFF_MS * 2 ** failures, signal);
    }
  }
}

/** Between two operations. */
export function stopIfAborted({ people }: RunParts, signal: AbortSignal): void {
  if (people.leave.aborted) throw new RunLeft();
  if (!signal.aborted) return;
  const { reason } = signal;
  if (reason instanceof StepFailure) throw new OperationFailed(null, reason.message, reason.kind, true);
  throw new OperationFailed(null, messageOf(reason), "cancelled", true);
}

function failureOf(
  { id }: Operation,
  { secrets, people }: RunParts,
  error: unknown,
  signal: AbortSignal,
): OperationFailed {
  // Out of time, most know nothing but that; who must ask a person says what for.
  const asksPerson = error instanceof StepFailure && error.kind === "needs-a-person";
  const cause: unknown = signal.aborted && !asksPerson ? signal.reason : error;
  const message = secrets.redactor.text(messageOf(cause));
  const otherwise = signal.aborted && people.cancel.aborted ? "cancelled" : "failed";
  const kind = cause instanceof StepFailure ? cause.kind : otherwise;
  const known = error instanceof StepFailure && !signal.aborted;
  return new OperationFailed(id, message, kind, known);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is recorded to have failed fails again without being tried: a crash came before it was decided on. */
export function recordedFailure(state: JournalState, operation: Operation): OperationFailed | undefined {
  const status = state.operations.get(operation.id)?.status;
  if (status?.name !== "failed") return undefined;
  return new OperationFailed(operation.id, status.message, status.kind, status.known);
}
