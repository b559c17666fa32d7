// How the engine's answers about Swarm become our types. A spec is kept as it came, key by key: it is sent back whole.

import { z } from "zod";
import type { NodeInspect, ServiceInspect, ServiceSpec, TaskInspect } from "./engine.ts";
import { jsonObject, labels, strings } from "./schema-parts.ts";

const spec: z.ZodType<ServiceSpec> = z.looseObject({
  Name: z.string(),
  Labels: labels,
  TaskTemplate: z.looseObject({
    ContainerSpec: z.looseObject({
      Image: z.string(),
      Env: strings.exactOptional(),
      Labels: z.record(z.string(), z.string()).exactOptional(),
    }),
    ForceUpdate: z.number().exactOptional(),
  }),
  Mode: z.looseObject({
    // Swarm leaves a zero out.
    Replicated: z.looseObject({ Replicas: z.number().default(0) }).exactOptional(),
    Global: jsonObject.exactOptional(),
    ReplicatedJob: jsonObject.exactOptional(),
    GlobalJob: jsonObject.exactOptional(),
  }),
});

export const serviceSchema: z.ZodType<ServiceInspect> = z.looseObject({
  ID: z.string(),
  Version: z.looseObject({ Index: z.number() }),
  Spec: spec,
  PreviousSpec: spec.exactOptional(),
  UpdateStatus: z
    .looseObject({
      State: z.string().default(""),
      Message: z.string().exactOptional(),
      StartedAt: z.string().exactOptional(),
      CompletedAt: z.string().exactOptional(),
    })
    .exactOptional(),
});

export const servicesSchema = z.array(serviceSchema);

const task: z.ZodType<TaskInspect> = z.looseObject({
  ID: z.string(),
  ServiceID: z.string(),
  NodeID: z.string().default(""),
  Slot: z.number().exactOptional(),
  CreatedAt: z.string(),
  DesiredState: z.string(),
  Status: z.looseObject({
    State: z.string(),
    Message: z.string().exactOptional(),
    Err: z.string().exactOptional(),
    Timestamp: z.string(),
    ContainerStatus: z
      .looseObject({ ContainerID: z.string().exactOptional(), ExitCode: z.number().exactOptional() })
      .exactOptional(),
  }),
  Spec: z.looseObject({
    ContainerSpec: z.looseObject({ Image: z.string() }),
    ForceUpdate: z.number().exactOptional(),
  }),
});

export const tasksSchema = z.array(task);

export const nodesSchema: z.ZodType<NodeInspect[]> = z.array(
  z
    .looseObject({
      ID: z.string(),
      Description: z.looseObject({ Hostname: z.string().default("") }),
      Spec: z.looseObject({ Availability: z.string().default(""), Role: z.string().default("") }),
      Status: z.looseObject({ State: z.string().default("") }),
    })
    .transform(({ ID, Description, Spec, Status }) => ({
      ID,
      hostname: Description.Hostname,
      availability: Spec.Availability,
      state: Status.State,
      isManager: Spec.Role === "manager",
    })),
);
