// What one target of a plan stands for at this moment.

import { findComposeContainers } from "../../compose/find-containers.ts";
import { nearestKey } from "../../config/nearest-key.ts";
import type { ContainerInspect, ContainerSummary, Engine } from "../../docker/engine.ts";
import { isSetAside } from "../../docker/set-aside.ts";
import type { ProcessHost } from "../../process/process-host.ts";
import { ROLE_LABEL } from "../operations/handler.ts";
import type { ContainerTarget, ProcessTarget, SwarmTarget, Target } from "../plan/target.ts";
import type { TargetObservation } from "./observation.ts";
import { asStarted } from "./as-started.ts";

export interface Look<Kind extends Target = Target> {
  name: string;
  target: Kind;
  /** Null: the plan needs none. */
  engine: Engine | null;
  processes: Pick<ProcessHost, "find">;
  signal?: AbortSignal | undefined;
}

/** `missing`: what was looked for, and what there is instead. */
export async function observeTarget(look: Look): Promise<TargetObservation | { missing: string }> {
  const { target } = look;
  switch (target.kind) {
    case "containers":
      return observeContainers({ ...look, target });
    case "swarm":
      return observeService({ ...look, target });
    case "process":
      return observeProcess({ ...look, target });
  }
}

async function observeContainers({ target, engine, signal }: Look<ContainerTarget>) {
  if (!engine) return { missing: "is a container, and there is no engine" };
  const summaries = await select(engine, target.select, signal);
  const containers: ContainerInspect[] = [];
  for (const { Id } of summaries) {
    const container = await engine.containers.inspect(Id, signal);
    // Removed between the list and the look: then it is not there.
    if (container) containers.push(container);
  }
  if (containers.length === 0) return { missing: await noContainer(engine, target.select, signal) };
  return { kind: "containers" as const, containers };
}

type Select = ContainerTarget["select"];

async function select(engine: Engine, by: Select, signal?: AbortSignal): Promise<ContainerSummary[]> {
  switch (by.by) {
    case "name": {
      // The engine finds parts of names too.
      const named = await engine.containers.list({ name: by.name }, signal);
      return named.filter(({ name }) => name === by.name);
    }
    case "compose":
      return findComposeContainers(engine, by, signal);
    case "label": {
      const labelled = await engine.containers.list({ labels: [by.label] }, signal);
      return labelled
        .filter(({ name, Labels }) => !isSetAside(name) && Labels[ROLE_LABEL] !== "one-off")
        .filter((container) => !isPastTask(container))
        .toSorted((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
    }
  }
}

/** Swarm keeps the containers of tasks that have ended, for their logs, and never starts one again. */
function isPastTask({ Labels, State }: ContainerSummary): boolean {
  return Labels["com.docker.swarm.task.id"] !== undefined && State !== "running";
}

async function noContainer(engine: Engine, by: Select, signal?: AbortSignal): Promise<string> {
  const all = await engine.containers.list({}, signal);
  const names = all.map(({ name }) => name).filter((name) => !isSetAside(name));
  if (by.by === "label")
    return `found no container with the label ${by.label}; ${listed("containers", names)}`;
  if (by.by === "name") {
    const kept = all.filter(({ name }) => name.startsWith(`${by.name}.holdgate-`)).map(({ name }) => name);
    const aside = kept.length === 0 ? "" : `; an earlier run has left ${kept.join(", ")}`;
    return `found no container named ${by.name}${aside}; ${offer(by.name, names, "containers")}`;
  }
  return `found no container of the Compose service ${by.service} in the project ${by.project}; ${composeOffer(by, all)}`;
}

function composeOffer(
  { project, service }: Extract<Select, { by: "compose" }>,
  all: readonly ContainerSummary[],
): string {
  const projects = [...new Set(all.flatMap(({ Labels }) => Labels["com.docker.compose.project"] ?? []))];
  if (!projects.includes(project)) return offer(project, projects, "projects");
  const ofProject = all.filter(({ Labels }) => Labels["com.docker.compose.project"] === project);
  const services = ofProject.flatMap(({ Labels }) => Labels["com.docker.compose.service"] ?? []);
  return offer(service, [...new Set(services)], "services of the project");
}

async function observeService({ target, engine, signal }: Look<SwarmTarget>) {
  if (!engine) return { missing: "is a Swarm service, and there is no engine" };
  const service = await engine.services.inspect(target.service, signal);
  if (service) return { kind: "swarm" as const, service };
  const names = (await engine.services.list({}, signal)).map(({ Spec }) => Spec.Name);
  return {
    missing: `found no Swarm service named ${target.service}; ${offer(target.service, names, "services")}`,
  };
}

async function observeProcess({ name, processes }: Look<ProcessTarget>): Promise<TargetObservation> {
  return { kind: "process", running: asStarted(await processes.find(name)) };
}

const MOST_LISTED = 10;

function offer(wanted: string, names: readonly string[], what: string): string {
  const nearest = nearestKey(wanted, names);
  return nearest === undefined ? listed(what, names) : `did you mean ${nearest}?`;
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return `there are no ${what}`;
  const more = names.length > MOST_LISTED ? `, and ${names.length - MOST_LISTED} more` : "";
  return `the ${what} are ${names.slice(0, MOST_LISTED).join(", ")}${more}`;
}
