// What an update does to the spec of a service: a pure function, so that it can be shown before it is done.

import { isDeepStrictEqual } from "node:util";
import type { ServiceSpec } from "../docker/engine.ts";

export interface ServiceChange {
  image: string;
  /** Laid over the service's own. */
  env: Readonly<Record<string, string>>;
  /** Null in what follows: as the service has it. */
  parallelism: number | null;
  delayMs: number | null;
  order: "start-first" | "stop-first" | null;
  failureAction: "rollback" | "pause" | "continue" | null;
  monitorMs: number | null;
  maxFailureRatio: number | null;
}

/** On the service and on its tasks: by which update they came to be. */
export const UPDATE_LABEL = "holdgate.update";

const NS_PER_MS = 1_000_000;

/** @param image pinned, where its digest is known. */
export function changeSpec(
  spec: ServiceSpec,
  change: ServiceChange,
  { image, labels }: { image: string; labels: Readonly<Record<string, string>> },
): ServiceSpec {
  const { ContainerSpec, ...template } = spec.TaskTemplate;
  const container = { ...ContainerSpec, Image: image, Labels: { ...ContainerSpec.Labels, ...labels } };
  const env = layEnv(ContainerSpec.Env ?? [], change.env);
  return {
    ...spec,
    Labels: { ...spec.Labels, ...labels },
    TaskTemplate: { ...template, ContainerSpec: env.length === 0 ? container : { ...container, Env: env } },
    UpdateConfig: updateConfig(spec["UpdateConfig"], change),
  };
}

/** Whether both make the same tasks, apart from whose update they are. */
export function makeSameTasks(one: ServiceSpec, other: ServiceSpec, marks: readonly string[]): boolean {
  return isDeepStrictEqual(bareTemplate(one, marks), bareTemplate(other, marks));
}

export function markOf(spec: { ContainerSpec: { [key: string]: unknown } }): string | undefined {
  const labels = spec.ContainerSpec["Labels"];
  if (typeof labels !== "object" || labels === null) return undefined;
  const mark: unknown = Reflect.get(labels, UPDATE_LABEL);
  return typeof mark === "string" ? mark : undefined;
}

function bareTemplate({ TaskTemplate }: ServiceSpec, marks: readonly string[]): object {
  const { ContainerSpec, ForceUpdate = 0, ...rest } = TaskTemplate;
  const { Labels = {}, ...container } = ContainerSpec;
  const labels = Object.fromEntries(Object.entries(Labels).filter(([key]) => !marks.includes(key)));
  return { ...rest, ForceUpdate, ContainerSpec: container, labels };
}

function layEnv(own: readonly string[], over: Readonly<Record<string, string>>): string[] {
  const kept = own.map((entry) => {
    const name = entry.slice(0, entry.indexOf("="));
    const value = over[name];
    return value === undefined ? entry : `${name}=${value}`;
  });
  const known = new Set(own.map((entry) => entry.slice(0, entry.indexOf("="))));
  const added = Object.entries(over).filter(([name]) => !known.has(name));
  return [...kept, ...added.map(([name, value]) => `${name}=${value}`)];
}

function updateConfig(own: unknown, change: ServiceChange): object {
  const wanted = {
    Parallelism: change.parallelism,
    Delay: change.delayMs === null ? null : change.delayMs * NS_PER_MS,
    Order: change.order,
    FailureAction: change.failureAction,
    Monitor: change.monitorMs === null ? null : change.monitorMs * NS_PER_MS,
    MaxFailureRatio: change.maxFailureRatio,
  };
  const given = Object.entries(wanted).filter(([, value]) => value !== null);
  const before = typeof own === "object" && own !== null ? own : UPDATE_DEFAULTS;
  return { ...before, ...Object.fromEntries(given) };
}

/** Swarm's own, said aloud: a zero of a config that is sent means all at once. */
const UPDATE_DEFAULTS = {
  Parallelism: 1,
  FailureAction: "pause",
  Monitor: 5000 * NS_PER_MS,
  Order: "stop-first",
};
