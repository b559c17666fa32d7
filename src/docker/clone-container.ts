// A container like another, from another image: the body that creates it. Compared with the image that the other was
// made from, so that what is the image's comes from the new one; everything else is carried over. Pure.
//
// Not carried: what was written into its own layer (Engine.containers.changes shows it).

import type { JsonObject } from "../lib/json.ts";
import type { CloneChange } from "./clone/clone-change.ts";
import { cloneHostConfig, CONTAINER, type NameOf } from "./clone/clone-host-config.ts";
import { joinsOf } from "./clone/network-joins.ts";
import { ownConfig } from "./clone/own-config.ts";
import type { ContainerInspect, ImageInspect } from "./engine.ts";

export { type CloneChange, noChange } from "./clone/clone-change.ts";
export { type NameOf, sharedContainers } from "./clone/clone-host-config.ts";
export { fixedAddresses, joinsOf, type NetworkJoin } from "./clone/network-joins.ts";

const COMPOSE_PROJECT = "com.docker.compose.project";

export interface CloneRequest {
  container: ContainerInspect;
  /** What `container.Image` is; undefined: it is gone, and everything counts as the container's own. */
  oldImage: ImageInspect | undefined;
  /** By the name that people know. */
  image: string;
  imageId: string;
  change: CloneChange;
  /** Over those of the container and of the change. */
  labels: Record<string, string>;
  /** Of the containers that `sharedContainers` names. */
  nameOf: NameOf;
}

/** For one network; those of `joinsOf(…).others` are to be connected before it starts. */
export function cloneContainer(request: CloneRequest): JsonObject {
  const { container, change } = request;
  const { first } = joinsOf(container, change.mode);
  return {
    ...config(request),
    HostConfig: cloneHostConfig(container, change, request.nameOf),
    NetworkingConfig: { EndpointsConfig: first === null ? {} : { [first.network]: first.endpoint } },
  };
}

function config({ container, oldImage, image, imageId, change, labels }: CloneRequest): JsonObject {
  const inherited = change.assumeAllExplicit ? {} : (oldImage?.Config ?? {});
  const own = ownConfig(container.Config, inherited);
  const inLabels = { ...record(own["Labels"]), ...change.labels, ...labels };
  return {
    ...own,
    Image: image,
    Env: withEnv(own["Env"], change.env),
    Labels: { ...inLabels, ...composeLabels(inLabels, change.mode, imageId) },
    Volumes: { ...record(own["Volumes"]), ...anonymous(change.volumes) },
    ...hostname(container),
    ...command(change),
    ...(change.user !== null && { User: change.user }),
    ...(change.workdir !== null && { WorkingDir: change.workdir }),
    ...withoutIdentity(change.mode),
    ...(container.HostConfig.NetworkMode.startsWith(CONTAINER) && { ExposedPorts: {} }),
  };
}

/** An empty MacAddress is none. A one-off talks through its log, which a terminal would garble. */
function withoutIdentity(mode: CloneChange["mode"]): JsonObject {
  if (mode === "in-place") return {};
  if (mode === "beside") return { MacAddress: "" };
  return {
    MacAddress: "",
    Healthcheck: { Test: ["NONE"] },
    Tty: false,
    OpenStdin: false,
    AttachStdin: false,
  };
}

/** The engine makes it of the id when nobody gives one; that of a shared network is not its own. */
function hostname({ Id, Config, HostConfig }: ContainerInspect): JsonObject {
  const isShared = HostConfig.NetworkMode.startsWith(CONTAINER) || HostConfig["UTSMode"] === "host";
  return isShared || Config.Hostname === Id.slice(0, 12) ? {} : { Hostname: Config.Hostname };
}

/** With another entrypoint the command that belonged to the former one goes, as with `docker run --entrypoint`. */
function command({ entrypoint, command }: CloneChange): JsonObject {
  if (entrypoint !== null) return { Entrypoint: entrypoint, Cmd: command ?? [] };
  return command === null ? {} : { Cmd: command };
}

function withEnv(own: unknown, changed: Record<string, string>): string[] {
  const kept = Array.isArray(own) ? own.filter((entry) => typeof entry === "string") : [];
  const stays = (entry: string): boolean => !Object.hasOwn(changed, nameOfVariable(entry));
  return [...kept.filter(stays), ...Object.entries(changed).map(([name, value]) => `${name}=${value}`)];
}

export function nameOfVariable(entry: string): string {
  return entry.split("=", 1)[0] ?? entry;
}

/** What `docker compose` looks at: which image it runs, and that a one-off is no container of the service. */
function composeLabels(labels: JsonObject, mode: CloneChange["mode"], imageId: string): JsonObject {
  if (labels[COMPOSE_PROJECT] === undefined) return {};
  const image = { "com.docker.compose.image": imageId };
  return mode === "one-off" ? { ...image, "com.docker.compose.oneoff": "True" } : image;
}

function anonymous(volumes: readonly string[]): JsonObject {
  return Object.fromEntries(volumes.filter((volume) => !volume.includes(":")).map((path) => [path, {}]));
}

function record(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value ?? {}));
}
