// What a container is called without what upgrades have put to its name.

import type { ContainerInspect } from "../../docker/engine.ts";

/** On a container that was put beside another: what the first of them was called. */
export const NAME_LABEL = "holdgate.name";

export function baseName({ Name, Config }: ContainerInspect): string {
  return Config.Labels[NAME_LABEL] ?? Name.replace(/^\//, "");
}
