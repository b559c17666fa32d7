// The containers of a service of Docker Compose, in the order of their numbers. Neither one-offs (`docker compose
// run`) nor those that an upgrade has set aside are of the service, though they have its labels.

import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { isSetAside } from "../docker/set-aside.ts";
import { composeOrigin, PROJECT_LABEL, SERVICE_LABEL } from "./compose-labels.ts";

export interface ComposeService {
  project: string;
  service: string;
}

/** Those that run and those that do not. */
export async function findComposeContainers(
  engine: Engine,
  { project, service }: ComposeService,
  signal?: AbortSignal,
): Promise<ContainerSummary[]> {
  const labels = [`${PROJECT_LABEL}=${project}`, `${SERVICE_LABEL}=${service}`];
  const found = await engine.containers.list({ labels }, signal);
  const ofService = found.filter(
    ({ name, Labels }) => !isSetAside(name) && composeOrigin(Labels)?.isOneOff === false,
  );
  return ofService.toSorted((a, b) => numberOf(a) - numberOf(b) || a.Created - b.Created);
}

function numberOf({ Labels }: ContainerSummary): number {
  return composeOrigin(Labels)?.number ?? 0;
}
