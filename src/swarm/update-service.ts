// Gives a service another image. The update is marked on the service and on its tasks, so that one that is called
// again finds what the first call did: in force, or rolled back by Swarm meanwhile.

import type { Engine, RegistryAuth, ServiceSpec } from "../docker/engine.ts";
import type { Clock } from "../lib/clock.ts";
import { pinImage } from "./pin-image.ts";
import { findService, putSpec } from "./put-spec.ts";
import { changeSpec, makeSameTasks, markOf, type ServiceChange, UPDATE_LABEL } from "./service-change.ts";

export interface ServiceUpdate {
  /** Id or name. */
  service: string;
  change: ServiceChange;
  /** Of this update and no other. */
  mark: string;
  /** For the service and its tasks, beside the mark. */
  labels?: Readonly<Record<string, string>>;
  auth: RegistryAuth | null;
}

export type UpdateOutcome =
  /** `unpinned`: why the image has no digest. */
  | { kind: "updated"; image: string; unpinned: string | null; before: ServiceSpec }
  /** By an earlier call. */
  | { kind: "done"; image: string }
  /** An earlier call had done it, and Swarm took it back, or somebody else did. */
  | { kind: "undone"; image: string }
  /** The service is as the update would make it. Nothing was sent: Swarm would forget the spec of before over it. */
  | { kind: "unchanged"; image: string };

export interface Waiting {
  clock: Clock;
  signal?: AbortSignal;
}

export async function updateService(
  engine: Engine,
  update: ServiceUpdate,
  { clock, signal }: Waiting,
): Promise<UpdateOutcome> {
  const { service, change, mark, auth } = update;
  const first = await findService(engine, service, signal);
  if (markOf(first.Spec.TaskTemplate) === mark) return { kind: "done", image: imageOf(first.Spec) };
  if (await wasTried(engine, update, signal)) return { kind: "undone", image: imageOf(first.Spec) };
  const waiting = signal === undefined ? { clock } : { clock, signal };
  const { image, unpinned } = await pinImage(engine, { image: change.image, auth }, waiting);
  const labels = { ...update.labels, [UPDATE_LABEL]: mark };
  const marks = Object.keys(labels);
  const next = ({ Spec }: { Spec: ServiceSpec }): ServiceSpec | null => {
    const wanted = changeSpec(Spec, change, { image, labels });
    return markOf(Spec.TaskTemplate) === mark || makeSameTasks(Spec, wanted, marks) ? null : wanted;
  };
  const { before, changed } = await putSpec(engine, { service, auth, next }, signal);
  if (changed) return { kind: "updated", image, unpinned, before };
  return { kind: markOf(before.TaskTemplate) === mark ? "done" : "unchanged", image };
}

/** Its tasks are remembered longer than its spec. */
async function wasTried(
  engine: Engine,
  { service, mark }: ServiceUpdate,
  signal?: AbortSignal,
): Promise<boolean> {
  const tasks = await engine.services.tasks(service, signal);
  return tasks.some(({ Spec }) => markOf(Spec) === mark);
}

function imageOf({ TaskTemplate }: ServiceSpec): string {
  return TaskTemplate.ContainerSpec.Image;
}
