// The version of the schema as it is at this moment. Not being able to read it is an answer too: then it counts as
// changed wherever a changed one would be dangerous.

import { isTransient } from "../../docker/engine-error.ts";
import { sleep } from "../../lib/sleep.ts";
import { performContext } from "./perform-context.ts";
import type { RunParts } from "./run-parts.ts";
import { handlerOf } from "./undo-operations.ts";

const ATTEMPTS = 3;
const BACKOFF_MS = 200;

/** Null: it cannot be read, or the plan does not say how. */
export async function readSchema(parts: RunParts, signal: AbortSignal): Promise<string | null> {
  const { program } = parts.ledger.state.started;
  const operation = program.readSchema;
  if (operation === null) return null;
  const handler = handlerOf(parts.handlers, operation.kind);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await handler.perform(
        operation,
        performContext(parts, operation, { again: false, signal }),
      );
      const { schema } = outcome;
      return typeof schema === "string" ? schema : null;
    } catch (error) {
      if (!isTransient(error) || attempt === ATTEMPTS || signal.aborted) return null;
      await sleep(parts.world.clock, BACKOFF_MS, signal).catch(() => {});
    }
  }
}
