// What an operation is given when it is carried out: the world, and what it may know of its run.

import { resolve } from "node:path";
import type { JsonObject } from "../../lib/json.ts";
import type { PerformContext } from "../operations/handler.ts";
import type { ContainerRef, FileRef, Operation } from "../operations/operation.ts";
import { StepFailure } from "../operations/step-failure.ts";
import type { JournalState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";
import type { Answer } from "./questions.ts";
import type { RunParts } from "./run-parts.ts";

export interface Attempt {
  /** An earlier call's outcome is not known. */
  again: boolean;
  signal: AbortSignal;
}

export function performContext(parts: RunParts, operation: Operation, attempt: Attempt): PerformContext {
  const { ledger, world, facts, secrets } = parts;
  const { redactor, vault } = secrets;
  return {
    run: facts,
    get engine() {
      if (world.engine !== null) return world.engine;
      throw new StepFailure(`${operation.id} needs a Docker engine, and none was found`);
    },
    gateway: world.gateway,
    processes: world.processes,
    clock: world.clock,
    signal: attempt.signal,
    again: attempt.again,
    notes: ledger.state.operations.get(operation.id)?.notes ?? {},
    note: (notes) => ledger.write({ type: "note", op: operation.id, notes }),
    containerId: (ref) => containerId(ledger.state, ref),
    fileOf: (ref) => fileOf(ledger.state, ref, facts.directory),
    outcomeOf: (id) => outcomeOf(ledger.state, id),
    reveal: (text) => secrets.reveal(text),
    vault,
    ask: (prompt, signal) => ask(parts, operation, prompt, signal),
    redact: (text) => redactor.text(text),
    progress: ({ percent, text }) => {
      const shown = text === undefined ? {} : { text: redactor.text(text) };
      ledger.progress(operation.id, percent === undefined ? shown : { ...shown, percent });
    },
    log: (line) => parts.people.onLine({ step: operation.step, text: redactor.text(line) }),
  };
}

function outcomeOf(state: JournalState, operation: string): JsonObject | undefined {
  return state.operations.get(operation)?.outcome ?? outcomeOfSkipped(state, operation);
}

/** A replacement that was not wanted has left the one before: that is what later steps mean. */
function outcomeOfSkipped(state: JournalState, id: string): JsonObject | undefined {
  if (state.skipped.size === 0) return undefined;
  const operation = operationsOf(state.started.program.steps).find((each) => each.id === id);
  if (operation?.kind !== "create-container" || !state.skipped.has(operation.step)) return undefined;
  const { like } = operation;
  return "id" in like ? { id: like.id } : outcomeOf(state, like.madeBy);
}

function containerId(state: JournalState, ref: ContainerRef): string {
  if ("id" in ref) return ref.id;
  const id = outcomeOf(state, ref.madeBy)?.["id"];
  if (typeof id === "string") return id;
  throw new StepFailure(`the container ${ref.name} was not made: ${ref.madeBy} is not done`);
}

function fileOf(state: JournalState, ref: FileRef, directory: string): string {
  const path = outcomeOf(state, ref.writtenBy)?.["file"];
  if (typeof path === "string") return resolve(directory, path);
  throw new StepFailure(`there is no backup of ${ref.writtenBy}: it is not done`);
}

async function ask(
  { ledger, people }: RunParts,
  { id }: Operation,
  prompt: string,
  signal: AbortSignal,
): Promise<Answer> {
  const given = ledger.state.answers.get(id);
  if (given !== undefined) return given;
  const answered = people.questions.ask(id, signal);
  ledger.waiting(prompt);
  try {
    const answer = await answered;
    await ledger.write({ type: answer, op: id, by: "operator" });
    return answer;
  } finally {
    ledger.waiting(null);
  }
}
