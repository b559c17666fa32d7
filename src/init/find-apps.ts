// What runs on an engine and could be somebody's app, and the one that an operator names.

import type { ContainerInspect, Engine, ServiceInspect } from "../docker/engine.ts";
import { parseImageRef } from "../docker/image-ref.ts";
import type { App } from "./app.ts";
import { isApp } from "./known-images.ts";
import { imageOf, lookAtContainer, nameOf } from "./look-at-container.ts";

const SWARM_SERVICE = "com.docker.swarm.service.name";
const COMPOSE_SERVICE = "com.docker.compose.service";

export interface Inventory {
  containers: ContainerInspect[];
  services: ServiceInspect[];
  /** Ids of images that no registry has given. */
  localImages: ReadonlySet<string>;
}

/** Reads only. A container that goes away while we look is left out. */
export async function takeInventory(engine: Engine, signal?: AbortSignal): Promise<Inventory> {
  const summaries = await engine.containers.list({}, signal);
  const running = summaries.filter(({ State, Labels }) => State === "running" && !(SWARM_SERVICE in Labels));
  const found = await Promise.all(running.map(({ Id }) => engine.containers.inspect(Id, signal)));
  const { swarm } = await engine.info(signal);
  const services = swarm.isManager ? await engine.services.list({}, signal) : [];
  const containers = found.filter((container) => container !== undefined);
  return { containers, services, localImages: await findLocalImages(engine, containers, signal) };
}

/** By name; databases, queues and proxies are left out. */
export function listApps({ containers, services, localImages }: Inventory): App[] {
  const ofContainers = containers
    .filter((container) => isApp(imageOf(container).repository))
    .map((container) => lookAtContainer(container, containers, localImages));
  const ofServices = services.map(lookAtService).filter(({ image }) => isApp(image.repository));
  return [...ofContainers, ...ofServices].toSorted((one, other) => one.name.localeCompare(other.name));
}

/** The name of a container or Swarm service, or the service of a Compose file. Several when it is ambiguous. */
export function findApps(inventory: Inventory, name: string): App[] {
  const { containers, services, localImages } = inventory;
  const byName = containers.filter(
    (container) => nameOf(container) === name || container.Id.startsWith(name),
  );
  const byService = containers.filter(({ Config }) => Config.Labels[COMPOSE_SERVICE] === name);
  const chosen = byName.length > 0 ? byName : byService;
  const swarm = services.filter(({ Spec }) => Spec.Name === name);
  return [
    ...chosen.map((container) => lookAtContainer(container, containers, localImages)),
    ...swarm.map(lookAtService),
  ];
}

async function findLocalImages(
  engine: Engine,
  containers: readonly ContainerInspect[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const ids = [...new Set(containers.map(({ Image }) => Image))];
  const images = await Promise.all(ids.map((id) => engine.images.inspect(id, signal)));
  return new Set(images.flatMap((image) => (image?.RepoDigests.length === 0 ? [image.Id] : [])));
}

function lookAtService({ Spec }: ServiceInspect): App {
  const { Image } = Spec.TaskTemplate.ContainerSpec;
  const ref = parseImageRef(Image);
  const ports = publishedPorts(Spec["EndpointSpec"]);
  return {
    name: Spec.Name,
    found: { kind: "swarm", service: Spec.Name },
    image: { repository: ref?.name ?? Image, tag: ref?.tag ?? "latest", local: false },
    port: ports[0]?.port ?? null,
    published: ports,
    networks: [],
    healthPath: null,
    hasHealthCheck: Spec.TaskTemplate.ContainerSpec["Healthcheck"] !== undefined,
    dataPaths: [],
    databases: [],
  };
}

function publishedPorts(endpoint: unknown): App["published"] {
  if (typeof endpoint !== "object" || endpoint === null || !("Ports" in endpoint)) return [];
  if (!Array.isArray(endpoint.Ports)) return [];
  return endpoint.Ports.flatMap((port: { TargetPort?: unknown; PublishedPort?: unknown }) =>
    typeof port.TargetPort === "number" && typeof port.PublishedPort === "number"
      ? [{ port: port.TargetPort, hostAddress: "0.0.0.0", hostPort: port.PublishedPort }]
      : [],
  );
}
