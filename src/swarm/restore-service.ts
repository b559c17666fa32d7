// Gives a service a spec that it had. Swarm's own "previous" is not used: it is the spec before the last update that
// was sent, whatever that changed, and there is none after an automatic rollback.

import { isDeepStrictEqual } from "node:util";
import type { Engine, RegistryAuth, ServiceInspect, ServiceSpec } from "../docker/engine.ts";
import type { JsonObject } from "../lib/json.ts";
import { putSpec, toJson } from "./put-spec.ts";

export interface ServiceRestore {
  /** Id or name. */
  service: string;
  /** Whole, as it was inspected. */
  spec: ServiceSpec | JsonObject;
  auth: RegistryAuth | null;
}

/** Whether there was something to restore. */
export async function restoreService(
  engine: Engine,
  { service, spec, auth }: ServiceRestore,
  signal?: AbortSignal,
): Promise<{ changed: boolean }> {
  const wanted = asSpec(spec);
  const next = (found: ServiceInspect): ServiceSpec | null =>
    isDeepStrictEqual(toJson(found.Spec), toJson(wanted)) && !hasStopped(found) ? null : wanted;
  const { changed } = await putSpec(engine, { service, auth, next }, signal);
  return { changed };
}

/** Swarm gave up in the middle of an update or of its way back: the same spec again makes it go on. */
function hasStopped({ UpdateStatus }: ServiceInspect): boolean {
  return UpdateStatus?.State === "paused" || UpdateStatus?.State === "rollback_paused";
}

/** It was inspected before it was written down. */
function asSpec(spec: ServiceSpec | JsonObject): ServiceSpec {
  return JSON.parse(JSON.stringify(spec));
}
