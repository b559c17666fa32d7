// How many tasks a replicated service has.

import { EngineError } from "../docker/engine-error.ts";
import type { Engine, ServiceInspect, ServiceSpec } from "../docker/engine.ts";
import { putSpec } from "./put-spec.ts";

/** How many it had. */
export async function scaleService(
  engine: Engine,
  { service, replicas }: { service: string; replicas: number },
  signal?: AbortSignal,
): Promise<{ before: number; changed: boolean }> {
  const next = ({ Spec }: ServiceInspect): ServiceSpec | null => {
    if (replicasOf(Spec) === replicas) return null;
    return { ...Spec, Mode: { Replicated: { ...Spec.Mode.Replicated, Replicas: replicas } } };
  };
  const { before, changed } = await putSpec(engine, { service, auth: null, next }, signal);
  return { before: replicasOf(before), changed };
}

function replicasOf({ Name, Mode }: ServiceSpec): number {
  if (Mode.Replicated !== undefined) return Mode.Replicated.Replicas;
  const mode = Object.keys(Mode)[0] ?? "another";
  throw new EngineError(
    "invalid",
    null,
    `scale service ${Name}: its mode is ${mode}, which has no number of tasks`,
  );
}
