// What a rollback has to know of this moment before it can be planned. Reads only.

import type { JournalState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";
import type { RollbackFacts } from "./plan-rollback.ts";
import { readSchema } from "./read-schema.ts";
import { isBegun } from "./risk.ts";
import type { RunParts } from "./run-parts.ts";

export async function rollbackFacts(parts: RunParts, signal: AbortSignal): Promise<RollbackFacts> {
  const [schemaNow, mode, gone] = await Promise.all([
    readSchema(parts, signal),
    modeOf(parts, signal),
    goneContainers(parts, signal),
  ]);
  return { schemaNow, mode, gone };
}

async function modeOf({ world }: RunParts, signal: AbortSignal): Promise<RollbackFacts["mode"]> {
  try {
    return (await world.gateway.status(signal)).mode.name;
  } catch {
    return null;
  }
}

/** One that cannot be looked for counts as there: its undoing will say what is wrong. */
async function goneContainers({ world, ledger }: RunParts, signal: AbortSignal): Promise<Set<string>> {
  const gone = new Set<string>();
  const { engine } = world;
  if (engine === null) return gone;
  for (const id of oldContainers(ledger.state)) {
    const found = await engine.containers.inspect(id, signal).catch(() => null);
    if (found === undefined) gone.add(id);
  }
  return gone;
}

function oldContainers(state: JournalState): Set<string> {
  const begun = operationsOf(state.started.program.steps).filter(({ id }) => isBegun(state, id));
  return new Set(
    begun.flatMap((operation) =>
      "container" in operation && "id" in operation.container ? [operation.container.id] : [],
    ),
  );
}
