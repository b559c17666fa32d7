// The inverse of an operation that was begun, as operations with ids of their own.

import type { Handlers, InverseEffect } from "../operations/handler.ts";
import type { Operation, OperationKind, OperationOf } from "../operations/operation.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { JournalState } from "./journal-state.ts";

/** First things first. `prefix` keeps the ids apart from those of another undoing. */
export function undoOperations(
  operation: Operation,
  state: JournalState,
  handlers: Handlers,
  prefix: string,
): Operation[] {
  const known = state.operations.get(operation.id);
  const outcome = known?.status.name === "done" ? known.outcome : undefined;
  const effects = handlerOf(handlers, operation.kind).inverse(operation, outcome, known?.notes ?? {});
  return effects.map((effect, index) => withId(effect, operation, `${prefix}.${operation.id}.${index + 1}`));
}

type AnyHandler = Handlers[OperationKind];

/** TypeScript cannot see that a kind's handler is given an operation of that kind. */
export function handlerOf(
  handlers: Handlers,
  kind: OperationKind,
): {
  perform: (operation: Operation, ...rest: Tail<Parameters<AnyHandler["perform"]>>) => Promise<JsonObject>;
  inverse: (operation: Operation, outcome: JsonObject | undefined, notes: JsonObject) => InverseEffect[];
} {
  const handler = handlers[kind];
  // oxlint-disable typescript/no-unsafe-type-assertion -- the table has for each kind the handler of that kind
  return {
    perform: (operation, context) => handler.perform(operation as OperationOf<never>, context),
    inverse: (operation, outcome, notes) => handler.inverse(operation as OperationOf<never>, outcome, notes),
  };
}

type Tail<Parameters extends unknown[]> = Parameters extends [unknown, ...infer Rest] ? Rest : never;

function withId(effect: InverseEffect, { step }: Operation, id: string): Operation {
  return { ...effect, id, step };
}
