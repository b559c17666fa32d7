// Gives a service a new spec. Swarm takes one only for the version that was looked at; whoever was in between is
// looked at, and the change is made anew to what is there now.

import { EngineError } from "../docker/engine-error.ts";
import type { Engine, RegistryAuth, ServiceInspect, ServiceSpec } from "../docker/engine.ts";
import type { JsonObject } from "../lib/json.ts";

const MOST_ATTEMPTS = 10;

export interface SpecChange {
  /** Id or name. */
  service: string;
  auth: RegistryAuth | null;
  /** The spec that it is to have; null: what it has is right. Called again when somebody else was faster. */
  next: (found: ServiceInspect) => ServiceSpec | null;
}

/** The spec that it had, and whether it was changed. */
export async function putSpec(
  engine: Engine,
  { service, auth, next }: SpecChange,
  signal?: AbortSignal,
): Promise<{ before: ServiceSpec; changed: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await findService(engine, service, signal);
    const spec = next(found);
    if (spec === null) return { before: found.Spec, changed: false };
    try {
      await engine.services.update(found.ID, found.Version.Index, toJson(spec), auth, signal);
      return { before: found.Spec, changed: true };
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isOutOfSequence(error)) throw error;
    }
  }
}

export async function findService(
  engine: Engine,
  service: string,
  signal?: AbortSignal,
): Promise<ServiceInspect> {
  const found = await engine.services.inspect(service, signal);
  if (found !== undefined) return found;
  throw new EngineError("absent", 404, `inspect service ${service}: there is no such service`);
}

/** Specs come out of JSON and hold nothing else; its types just cannot say so. */
export function toJson(spec: object): JsonObject {
  return JSON.parse(JSON.stringify(spec));
}

function isOutOfSequence(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "conflict" && /out of sequence/i.test(error.message);
}
