// The spec of a job that runs once, as a task of a service would run: its image, networks, secrets, configs,
// environment and mounts, and a command of its own. A pure function.

import type { ServiceSpec } from "../docker/engine.ts";
import type { JsonObject } from "../lib/json.ts";
import { toJson } from "./put-spec.ts";

export interface JobWish {
  name: string;
  /** Null: that of the service. */
  image: string | null;
  /** What the image's entrypoint, or the service's, is given; null: what the service gives it. */
  command: readonly string[] | null;
  env: Readonly<Record<string, string>>;
  /** Of the job and its task. */
  labels: Readonly<Record<string, string>>;
}

// What a service has for being found and kept up; a job that ran under its alias would be sent its requests.
const NOT_OF_A_JOB = ["Healthcheck", "Hostname", "Hosts"];

export function jobSpec(like: ServiceSpec, { name, image, command, env, labels }: JobWish): JsonObject {
  const { ContainerSpec, ForceUpdate: _, ...template } = like.TaskTemplate;
  const kept = Object.entries(ContainerSpec).filter(([key]) => !NOT_OF_A_JOB.includes(key));
  const container = {
    ...Object.fromEntries(kept),
    Image: image ?? ContainerSpec.Image,
    Env: layEnv(ContainerSpec.Env ?? [], env),
    Labels: { ...ContainerSpec.Labels, ...labels },
    Healthcheck: { Test: ["NONE"] },
    ...(command !== null && { Args: command }),
  };
  return toJson({
    Name: name,
    Labels: labels,
    TaskTemplate: {
      ...template,
      ContainerSpec: container,
      RestartPolicy: { Condition: "none" },
      Networks: networksOf(like),
    },
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
  });
}

/** Older services have them beside the template. */
function networksOf(spec: ServiceSpec): object[] {
  const networks: unknown = spec.TaskTemplate["Networks"] ?? spec["Networks"] ?? [];
  if (!Array.isArray(networks)) return [];
  return networks.map((network: { Target?: unknown }) => ({ Target: network.Target }));
}

function layEnv(own: readonly string[], over: Readonly<Record<string, string>>): string[] {
  const kept = own.filter((entry) => over[entry.slice(0, entry.indexOf("="))] === undefined);
  return [...kept, ...Object.entries(over).map(([name, value]) => `${name}=${value}`)];
}
