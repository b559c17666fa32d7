// The containers around those that are to be changed: the ones that fail when those stop, and the ones that carry out
// the upgrade themselves.

import { sharedContainers } from "./clone-container.ts";
import type { ContainerInspect, Engine } from "./engine.ts";
import { isSetAside } from "./set-aside.ts";

export interface Neighbours {
  dependents: Dependent[];
  /** Nobody may stop or replace these. */
  keepers: { id: string; name: string; what: "runner" | "gateway" }[];
}

/** A running container that holds on to another by its id: it keeps the old one when that is replaced. */
export interface Dependent {
  id: string;
  name: string;
  /** Id of the other. */
  on: string;
  /** `link`: one of the default network; in other networks links go by name. */
  by: "network" | "processes" | "memory" | "link";
}

export interface NeighbourQuestion {
  /** Of this process, see own-container.ts. */
  ownId: string | undefined;
  /** Where the gateway's admin interface is called; null: by a socket. */
  gateway: { host: string; port: number } | null;
}

/** Only looks. */
export async function readNeighbours(
  engine: Engine,
  question: NeighbourQuestion,
  signal?: AbortSignal,
): Promise<Neighbours> {
  const summaries = await engine.containers.list({}, signal);
  const alive = summaries.filter(({ State, name }) => isAlive(State) && !isSetAside(name));
  const inspected = await Promise.all(alive.map(({ Id }) => engine.containers.inspect(Id, signal)));
  return neighboursOf(
    inspected.filter((each) => each !== undefined),
    question,
  );
}

export function neighboursOf(
  containers: readonly ContainerInspect[],
  question: NeighbourQuestion,
): Neighbours {
  const idOf = (ref: string): string => find(containers, ref)?.Id ?? ref;
  const keepers = containers.flatMap((container) => {
    const what = keeps(container, question);
    return what === undefined ? [] : { id: container.Id, name: nameOf(container), what };
  });
  return { dependents: containers.flatMap((container) => dependencies(container, idOf)), keepers };
}

function dependencies(container: ContainerInspect, idOf: (ref: string) => string): Dependent[] {
  const { NetworkMode, PidMode, IpcMode, Links } = container.HostConfig;
  const self = { id: container.Id, name: nameOf(container) };
  const modes = { network: NetworkMode, processes: PidMode, memory: IpcMode } as const;
  const shared = (["network", "processes", "memory"] as const).flatMap((by) => {
    const [on] = sharedContainers({ ...container.HostConfig, ...NOTHING_SHARED, NetworkMode: modes[by] });
    return on === undefined ? [] : { ...self, on: idOf(on), by };
  });
  const linked = (Links ?? []).map((link) => ({ ...self, on: idOf(targetOf(link)), by: "link" as const }));
  return [...shared, ...linked];
}

const NOTHING_SHARED = { PidMode: "", IpcMode: "", VolumesFrom: null };

/** Of `/db:/web/database`. */
function targetOf(link: string): string {
  return link.split(":", 1)[0]?.replace(/^\//, "") ?? "";
}

function keeps(
  container: ContainerInspect,
  { ownId, gateway }: NeighbourQuestion,
): "runner" | "gateway" | undefined {
  if (ownId !== undefined && container.Id === ownId) return "runner";
  return gateway !== null && answersAt(container, gateway) ? "gateway" : undefined;
}

function answersAt(container: ContainerInspect, { host, port }: { host: string; port: number }): boolean {
  const endpoints = Object.values(container.NetworkSettings.Networks);
  const names = [nameOf(container), ...endpoints.flatMap(({ Aliases }) => Aliases ?? [])];
  if (names.includes(host)) return true;
  if (endpoints.some(({ IPAddress, GlobalIPv6Address }) => IPAddress === host || GlobalIPv6Address === host))
    return true;
  const bindings = Object.values(container.NetworkSettings.Ports).flatMap((bound) => bound ?? []);
  return isHere(host) && bindings.some(({ HostPort }) => HostPort === String(port));
}

function isHere(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}

function isAlive(state: string): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}

function find(containers: readonly ContainerInspect[], ref: string): ContainerInspect | undefined {
  return containers.find(
    (each) => each.Id === ref || nameOf(each) === ref || (ref.length >= 12 && each.Id.startsWith(ref)),
  );
}

function nameOf({ Name }: ContainerInspect): string {
  return Name.replace(/^\//, "");
}
