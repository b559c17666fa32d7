// What will be other in what a step makes: containers against those that they are like, services against themselves.

import { composeDrift } from "../../compose/compose-drift.ts";
import { describeConfigChange } from "../../docker/describe-config-change.ts";
import type { ContainerInspect, ServiceInspect } from "../../docker/engine.ts";
import type { Observation } from "../observe/observation.ts";
import type { ContainerRef, Operation, OperationOf } from "../operations/operation.ts";

export interface Change {
  /** The container or service. */
  of: string;
  lines: string[];
}

export function describeChanges(operations: readonly Operation[], observation: Observation): Change[] {
  return operations.flatMap((operation) => {
    if (operation.kind === "create-container") return containerChange(operation, observation);
    if (operation.kind === "update-service") return serviceChange(operation, observation);
    if (operation.kind === "start-process") return processChange(operation, observation);
    return [];
  });
}

/** What Docker Compose will make of it. */
export function describeDrift(operations: readonly Operation[], observation: Observation): string[] {
  return operations.flatMap((operation) => {
    if (operation.kind !== "create-container" || operation.role !== "new") return [];
    const container = inspectOf(operation.like, observation);
    return container ? composeDrift(container, operation.image) : [];
  });
}

function containerChange(operation: OperationOf<"create-container">, observation: Observation): Change[] {
  const { like, image, change, role } = operation;
  const container = inspectOf(like, observation);
  // What is like a container that the run itself makes differs from it as that one does.
  if (!container || role !== "new") return [];
  const { images } = observation;
  const lines = describeConfigChange({
    container,
    oldImage: images[container.Image],
    image,
    newImage: images[image],
    change,
  });
  return [{ of: like.name, lines }];
}

function serviceChange(operation: OperationOf<"update-service">, observation: Observation): Change[] {
  const { name, change } = operation;
  const spec = serviceOf(operation.service, name, observation)?.Spec.TaskTemplate.ContainerSpec;
  const env = Object.keys(change.env).toSorted().join(", ");
  const lines = [
    `image: ${spec?.Image ?? "unknown"} → ${change.image}`,
    ...(env === "" ? [] : [`environment: ${env}`]),
  ];
  return [{ of: name, lines }];
}

function serviceOf(id: string, name: string, { targets }: Observation): ServiceInspect | undefined {
  const services = Object.values(targets).flatMap((target) => {
    return target.kind === "swarm" && target.service !== null ? [target.service] : [];
  });
  return services.find(({ ID, Spec }) => ID === id || Spec.Name === name);
}

function processChange({ name, process }: OperationOf<"start-process">, { targets }: Observation): Change[] {
  const observed = Object.hasOwn(targets, name) ? targets[name] : undefined;
  const running = observed?.kind === "process" ? observed.running : null;
  const [before, after] = [running?.command.join(" ") ?? "it does not run", process.command.join(" ")];
  return before === after ? [] : [{ of: name, lines: [`command: ${before} → ${after}`] }];
}

function inspectOf(ref: ContainerRef, { targets }: Observation): ContainerInspect | undefined {
  if (!("id" in ref)) return undefined;
  const all = Object.values(targets).flatMap((target) =>
    target.kind === "containers" ? target.containers : [],
  );
  return all.find(({ Id }) => Id === ref.id);
}
