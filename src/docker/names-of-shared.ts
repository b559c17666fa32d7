// What the containers are called by now whose network, processes, memory or volumes another one shares.

import { type NameOf, sharedContainers } from "./clone-container.ts";
import type { ContainerInspect, Engine } from "./engine.ts";

/** One that is gone keeps its id: the engine's own message about it is the best there is. */
export async function namesOfShared(
  { HostConfig }: ContainerInspect,
  engine: Engine,
  signal?: AbortSignal,
): Promise<NameOf> {
  const names = new Map<string, string>();
  for (const ref of sharedContainers(HostConfig)) {
    const other = await engine.containers.inspect(ref, signal);
    if (other !== undefined) names.set(ref, other.Name);
  }
  return (ref) => names.get(ref);
}
