// The HostConfig of a container's clone: all of it, with the volumes that only an inspect's mounts name, and with
// names in place of the ids of other containers, which do not outlive their replacement.

import type { JsonObject } from "../../lib/json.ts";
import type { ContainerInspect, HostConfig, Mount } from "../engine.ts";
import { servingName } from "../set-aside.ts";
import type { CloneChange } from "./clone-change.ts";
import { joinsOf } from "./network-joins.ts";

/** What a container is called, by its id or name; undefined: there is none. */
export type NameOf = (idOrName: string) => string | undefined;

export function cloneHostConfig(
  container: ContainerInspect,
  change: CloneChange,
  nameOf: NameOf,
): JsonObject {
  const { HostConfig: host } = container;
  const copy: JsonObject = JSON.parse(JSON.stringify(host));
  return {
    ...copy,
    NetworkMode: networkMode(container, nameOf),
    IpcMode: byName(host.IpcMode, nameOf),
    PidMode: byName(host.PidMode, nameOf),
    Links: host.Links?.map(linkByName) ?? null,
    VolumesFrom: host.VolumesFrom?.map((from) => volumesByName(from, nameOf)) ?? null,
    ...mounts(container, change.volumes),
    ...(change.mode !== "in-place" && { PortBindings: {}, PublishAllPorts: false }),
    ...(change.mode === "one-off" && {
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      AutoRemove: false,
    }),
  };
}

/** Other containers whose network, processes, memory or volumes it shares, as its configuration names them. */
export function sharedContainers(host: HostConfig): string[] {
  const modes = [host.NetworkMode, host.IpcMode, host.PidMode];
  const shared = modes.flatMap((mode) => (mode.startsWith(CONTAINER) ? mode.slice(CONTAINER.length) : []));
  return [...shared, ...(host.VolumesFrom ?? []).map((from) => splitVolumesFrom(from).container)];
}

export const CONTAINER = "container:";

/** The network it begins with is one that it is still in: it may have been disconnected from its first. */
function networkMode(container: ContainerInspect, nameOf: NameOf): string {
  const mode = container.HostConfig.NetworkMode;
  if (mode.startsWith(CONTAINER)) return byName(mode, nameOf);
  const { first, special } = joinsOf(container, "in-place");
  if (mode === "default" && first?.network === "bridge") return mode;
  return special ? mode : (first?.network ?? "none");
}

function byName(mode: string, nameOf: NameOf): string {
  if (!mode.startsWith(CONTAINER)) return mode;
  const other = mode.slice(CONTAINER.length);
  return `${CONTAINER}${servingName(nameOf(other) ?? other)}`;
}

/** `/db:/web/database`, as an inspect has it, for `db:database`. */
function linkByName(link: string): string {
  const [target = "", name = ""] = link.split(":");
  return `${servingName(target)}:${name.slice(name.lastIndexOf("/") + 1)}`;
}

function volumesByName(from: string, nameOf: NameOf): string {
  const { container, mode } = splitVolumesFrom(from);
  return `${servingName(nameOf(container) ?? container)}${mode}`;
}

function splitVolumesFrom(from: string): { container: string; mode: string } {
  const colon = from.indexOf(":");
  return colon === -1
    ? { container: from, mode: "" }
    : { container: from.slice(0, colon), mode: from.slice(colon) };
}

function mounts(container: ContainerInspect, added: readonly string[]): JsonObject {
  const replaced = new Set(added.map(destinationOf));
  const { Binds, Mounts = [] } = container.HostConfig;
  const stays = (destination: unknown): boolean =>
    typeof destination !== "string" || !replaced.has(destination);
  const binds = (Binds ?? []).filter((bind) => stays(destinationOf(bind)));
  const named = Mounts.filter(({ Type, Source }) => Type !== "volume" || (Source ?? "") !== "");
  const carried = anonymousVolumes(container).map(asMount);
  const bound = [...binds, ...added.filter((volume) => volume.includes(":"))];
  return {
    Binds: bound.length === 0 ? null : bound,
    Mounts: [...named, ...carried].filter(({ Target }) => stays(Target)),
  };
}

/** Volumes that are neither bound nor mounted by name: a naive clone would get fresh, empty ones. */
export function anonymousVolumes({ HostConfig: host, Mounts }: ContainerInspect): Mount[] {
  const named = (host.Mounts ?? []).filter(({ Source }) => (Source ?? "") !== "").map(({ Target }) => Target);
  const covered = new Set<unknown>([...(host.Binds ?? []).map(destinationOf), ...named]);
  return Mounts.filter(({ Type, Destination }) => Type === "volume" && !covered.has(Destination));
}

function asMount({ Name = "", Destination, RW }: Mount): JsonObject {
  return { Type: "volume", Source: Name, Target: Destination, ...(!RW && { ReadOnly: true }) };
}

/** Of `name:/path:ro`, `/host:/path` and `/path`. */
export function destinationOf(volume: string): string {
  const [source = "", destination = source] = volume.split(":");
  return destination;
}
