// The containers behind a target, as they are now.

import type { ContainerInspect } from "../../../docker/engine.ts";
import { targetRef } from "../../checks/check-context.ts";
import type { PerformContext } from "../handler.ts";
import type { TargetRefs } from "../operation.ts";

/** Those that are there. None for a process; for a Swarm service those whose tasks run on this engine. */
export async function containersOf(
  target: string,
  targets: TargetRefs,
  context: PerformContext,
): Promise<ContainerInspect[]> {
  const { engine, signal } = context;
  const ref = targetRef(target, targets);
  if (ref.kind === "process") return [];
  const ids =
    ref.kind === "containers"
      ? ref.containers.map((each) => context.containerId(each))
      : (await engine.services.tasks(ref.service, signal))
          .filter(({ Status }) => Status.State === "running")
          .flatMap(({ Status }) => Status.ContainerStatus?.ContainerID ?? []);
  const containers = await Promise.all(ids.map((id) => engine.containers.inspect(id, signal)));
  return containers.filter((container) => container !== undefined);
}
