// How the engine's answers about containers and images become our types.

import { z } from "zod";
import type { ContainerInspect, ContainerSummary, FileChange, ImageInspect } from "./engine.ts";
import { jsonObject, labels, strings, stringsOrNone, stringsOrNull, textOrEmpty } from "./schema-parts.ts";

const restartPolicy = z.looseObject({
  Name: textOrEmpty,
  MaximumRetryCount: z
    .number()
    .nullish()
    .transform((value) => value ?? 0),
});

const ports = z
  .record(z.string(), z.array(z.looseObject({ HostIp: textOrEmpty, HostPort: textOrEmpty })).nullable())
  .nullish();

const config = z.looseObject({
  Hostname: textOrEmpty,
  Image: textOrEmpty,
  Env: stringsOrNull,
  Cmd: stringsOrNull,
  Entrypoint: stringsOrNull,
  User: textOrEmpty,
  WorkingDir: textOrEmpty,
  Labels: labels,
  ExposedPorts: z.record(z.string(), jsonObject).exactOptional(),
  Volumes: z.record(z.string(), jsonObject).nullable().exactOptional(),
  Healthcheck: jsonObject.exactOptional(),
  StopSignal: z.string().exactOptional(),
  StopTimeout: z.number().exactOptional(),
});

const hostConfig = z.looseObject({
  NetworkMode: z.string(),
  RestartPolicy: restartPolicy,
  AutoRemove: z.boolean(),
  Binds: stringsOrNull,
  Mounts: z.array(jsonObject).exactOptional(),
  PortBindings: ports.transform((value) => value ?? null),
  Links: stringsOrNull,
  VolumesFrom: stringsOrNull,
  IpcMode: textOrEmpty,
  PidMode: textOrEmpty,
});

const state = z.looseObject({
  Status: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
  Running: z.boolean(),
  Paused: z.boolean(),
  ExitCode: z.number(),
  Error: textOrEmpty,
  StartedAt: textOrEmpty,
  FinishedAt: textOrEmpty,
  OOMKilled: z.boolean(),
  Health: z
    .looseObject({
      Status: z.enum(["none", "starting", "healthy", "unhealthy"]),
      Log: z
        .array(z.looseObject({ ExitCode: z.number(), Output: z.string() }))
        .nullish()
        .transform((value) => value ?? []),
    })
    .exactOptional(),
});

const mount = z.looseObject({
  Type: z.string(),
  Name: z.string().exactOptional(),
  Source: textOrEmpty,
  Destination: z.string(),
  Driver: z.string().exactOptional(),
  Mode: textOrEmpty,
  RW: z.boolean(),
});

const endpoint = z.looseObject({
  IPAMConfig: z
    .looseObject({
      IPv4Address: z.string().exactOptional(),
      IPv6Address: z.string().exactOptional(),
      LinkLocalIPs: strings.exactOptional(),
    })
    .nullish()
    .transform((value) => value ?? null),
  Links: stringsOrNull,
  Aliases: stringsOrNull,
  NetworkID: textOrEmpty,
  IPAddress: textOrEmpty,
  GlobalIPv6Address: textOrEmpty,
  Gateway: textOrEmpty,
  MacAddress: textOrEmpty,
  DriverOpts: z
    .record(z.string(), z.string())
    .nullish()
    .transform((value) => value ?? null),
});

export const containerSchema: z.ZodType<ContainerInspect> = z.looseObject({
  Id: z.string(),
  Created: z.string(),
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.number(),
  Platform: z.string().exactOptional(),
  State: state,
  Config: config,
  HostConfig: hostConfig,
  Mounts: z.array(mount),
  NetworkSettings: z.looseObject({
    Networks: z
      .record(z.string(), endpoint)
      .nullish()
      .transform((value) => value ?? {}),
    Ports: ports.transform((value) => value ?? {}),
  }),
});

export const summariesSchema: z.ZodType<ContainerSummary[]> = z.array(
  z
    .looseObject({
      Id: z.string(),
      Names: stringsOrNone,
      Image: z.string(),
      ImageID: z.string(),
      State: z.string(),
      Labels: labels,
      Created: z.number(),
    })
    .transform(({ Names, ...rest }) => ({ ...rest, name: ownName(Names) })),
);

const KINDS = ["modified", "added", "deleted"] as const;

export const changesSchema: z.ZodType<FileChange[]> = z
  .array(z.looseObject({ Path: z.string(), Kind: z.literal([0, 1, 2]) }))
  .nullable()
  .transform((changes) => (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: KINDS[Kind] })));

export const imageSchema: z.ZodType<ImageInspect> = z.looseObject({
  Id: z.string(),
  RepoTags: stringsOrNone,
  RepoDigests: stringsOrNone,
  Os: textOrEmpty,
  Architecture: textOrEmpty,
  Size: z.number(),
  Config: config.nullish().transform((value) => value ?? {}),
});

/** Names of links have a second slash: `/gateway/chat`. */
function ownName(names: readonly string[]): string {
  const own = names.find((name) => name.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return own.replace(/^\//, "");
}
