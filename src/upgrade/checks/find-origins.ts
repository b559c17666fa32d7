// Whom a path is asked of: every container behind a target, a process, or every address of the service's active
// upstream.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { ContainerRef, TargetRef } from "../operations/operation.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { type Bad, bad, type Found, found } from "./check-result.ts";
import { addressIn, nameOf, portOf } from "./container-address.ts";

/** The container has no network of its own, but that of another. */
const SHARED = "container:";

export interface Origin {
  /** For messages: `app (172.30.1.2:8080)`. */
  label: string;
  /** `http://host:port` or `unix:/path`. */
  url: string;
  /** The `Host` to send; null: the address. */
  host: string | null;
}

/** @param target of the check; null: that of the step, else the active upstream. */
export async function findOrigins(target: string | null, context: CheckContext): Promise<Found<Origin[]>> {
  const name = target ?? context.target;
  if (name === null) return activeUpstream(context);
  const ref = targetRef(name, context.targets);
  switch (ref.kind) {
    case "containers":
      return containerOrigins(name, ref, context);
    case "process": {
      if (ref.url === null) return bad(`the target ${name} has no url`);
      return found([{ label: `${name} (${ref.url})`, url: ref.url, host: ref.host }]);
    }
    case "swarm":
      return bad(`the target ${name} is a Swarm service, which has no address of its own: give a URL`);
  }
}

async function activeUpstream({ world }: CheckContext): Promise<Found<Origin[]>> {
  const { slots, upstreams } = await world.gateway.status(world.signal);
  const urls = upstreams.find(({ name }) => name === slots.active)?.urls ?? [];
  if (urls.length === 0) return bad(`the active upstream ${slots.active} has no address`);
  return found(
    urls.map((url) => ({ label: `upstream ${slots.active} (${shortUrl(url)})`, url, host: null })),
  );
}

async function containerOrigins(
  name: string,
  ref: Extract<TargetRef, { kind: "containers" }>,
  context: CheckContext,
): Promise<Found<Origin[]>> {
  if (ref.containers.length === 0) return bad(`the target ${name} has no container`);
  const origins: Origin[] = [];
  for (const container of ref.containers) {
    const origin = await originOf(container, ref, context);
    if (!origin.ok) return origin;
    origins.push({ ...origin.value, label: `${name} (${shortUrl(origin.value.url)})` });
  }
  return found(origins);
}

async function originOf(
  container: ContainerRef,
  ref: Extract<TargetRef, { kind: "containers" }>,
  context: CheckContext,
): Promise<Found<Omit<Origin, "label">>> {
  const url = await findContainerUrl(container, ref, context);
  return url.ok ? found({ url: url.value, host: ref.host }) : url;
}

/** `http://172.30.1.2:8080`, of what the container is and has now. */
export async function findContainerUrl(
  ref: ContainerRef,
  where: { port: number | null; network: string | null; by?: "address" | "name" },
  { world }: Pick<CheckContext, "world">,
): Promise<Found<string>> {
  const container = await world.engine.containers.inspect(world.containerId(ref), world.signal);
  if (!container) return gone(ref);
  const port = portOf(container, where.port);
  if (!port.ok) return port;
  const host = where.by === "name" ? found(nameOf(container)) : await addressOf(container, where, world);
  if (!host.ok) return host;
  const shown = host.value.includes(":") ? `[${host.value}]` : host.value;
  return found(`http://${shown}:${port.value}`);
}

async function addressOf(
  container: ContainerInspect,
  { network }: { network: string | null },
  { engine, signal }: CheckContext["world"],
): Promise<Found<string>> {
  const { NetworkMode } = container.HostConfig;
  if (!NetworkMode.startsWith(SHARED)) return addressIn(container, network);
  const owner = await engine.containers.inspect(NetworkMode.slice(SHARED.length), signal);
  if (owner) return addressIn(owner, network);
  return bad(`${nameOf(container)} shares the network of a container that is not there`);
}

export function gone(ref: ContainerRef): Bad {
  return bad(`there is no container ${ref.name} any more`);
}

/** As people know it: `172.30.1.2:8080`. */
export function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
