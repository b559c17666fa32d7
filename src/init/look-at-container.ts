// One container as an App. Reads only.

import type { ContainerInspect } from "../docker/engine.ts";
import { parseImageRef } from "../docker/image-ref.ts";
import type { App, Database, Found, Published } from "./app.ts";
import { databaseKind } from "./known-images.ts";

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const FILES = "com.docker.compose.project.config_files";

/**
 * @param others all containers, for its databases among them.
 * @param localImages ids of images that no registry has given.
 */
export function lookAtContainer(
  container: ContainerInspect,
  others: readonly ContainerInspect[],
  localImages: ReadonlySet<string>,
): App {
  const published = publishedBy(container);
  const found = foundAs(container);
  return {
    name: found.kind === "compose" ? found.service : nameOf(container),
    found,
    image: { ...imageOf(container), local: localImages.has(container.Image) },
    port: portOf(container, published),
    published,
    networks: networksOf(container),
    healthPath: healthPathOf(container),
    hasHealthCheck: healthTest(container).length > 1,
    dataPaths: container.Mounts.filter(({ RW }) => RW).map(({ Destination }) => Destination),
    databases: others.flatMap((other) => databaseIn(other, container)),
  };
}

export function nameOf(container: ContainerInspect): string {
  return container.Name.replace(/^\//, "");
}

function foundAs(container: ContainerInspect): Found {
  const { Labels } = container.Config;
  const project = Labels[PROJECT];
  const service = Labels[SERVICE];
  if (project === undefined || service === undefined) {
    return { kind: "container", container: nameOf(container) };
  }
  const files = (Labels[FILES] ?? "").split(",").filter((file) => file !== "");
  return { kind: "compose", container: nameOf(container), project, service, files };
}

export function imageOf({ Config }: ContainerInspect): { repository: string; tag: string } {
  const ref = parseImageRef(Config.Image);
  return { repository: ref?.name ?? Config.Image, tag: ref?.tag ?? "latest" };
}

function publishedBy({ HostConfig }: ContainerInspect): Published[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([key, bindings]) => {
    const port = tcpPort(key);
    if (port === null) return [];
    return (bindings ?? [])
      .filter(({ HostPort }) => HostPort !== "")
      .map(({ HostIp, HostPort }) => ({
        port,
        hostAddress: HostIp || "0.0.0.0",
        hostPort: Number(HostPort),
      }));
  });
}

function portOf({ Config }: ContainerInspect, published: readonly Published[]): number | null {
  const first = published[0];
  if (first) return first.port;
  const exposed = Object.keys(Config.ExposedPorts ?? {}).flatMap((key) => tcpPort(key) ?? []);
  return exposed.length === 1 ? (exposed[0] ?? null) : null;
}

function tcpPort(key: string): number | null {
  const [port, protocol = "tcp"] = key.split("/");
  return protocol === "tcp" ? Number(port) : null;
}

function networksOf({ NetworkSettings }: ContainerInspect): App["networks"] {
  return Object.entries(NetworkSettings.Networks).map(([name, { IPAddress, IPAMConfig }]) => {
    const fixed = IPAMConfig?.IPv4Address;
    return { name, address: fixed ?? IPAddress, fixed: fixed !== undefined };
  });
}

function healthTest({ Config }: ContainerInspect): string[] {
  const test = Config.Healthcheck?.["Test"];
  return Array.isArray(test) && test[0] !== "NONE" ? test.map(String) : [];
}

/** `CMD-SHELL curl -f http://localhost:8080/api/health || exit 1` asks for `/api/health`. */
function healthPathOf(container: ContainerInspect): string | null {
  const url = /https?:\/\/[^\s'"/]+(\/[^\s'"|;?#]*)/.exec(healthTest(container).join(" "));
  return url?.[1] ?? null;
}

function databaseIn(other: ContainerInspect, app: ContainerInspect): Database[] {
  const kind = databaseKind(imageOf(other).repository);
  if (kind === null || other.Id === app.Id || !belongTogether(other, app)) return [];
  const env = new Map(
    (other.Config.Env ?? []).map((line) => [line.split("=", 1)[0], line.replace(/^[^=]*=/, "")]),
  );
  const user = env.get("POSTGRES_USER") ?? env.get("MYSQL_USER") ?? env.get("MARIADB_USER") ?? null;
  const named = env.get("POSTGRES_DB") ?? env.get("MYSQL_DATABASE") ?? env.get("MARIADB_DATABASE") ?? null;
  return [{ kind, container: nameOf(other), user, database: named ?? user }];
}

function belongTogether(one: ContainerInspect, other: ContainerInspect): boolean {
  const project = one.Config.Labels[PROJECT];
  if (project !== undefined && project === other.Config.Labels[PROJECT]) return true;
  const networks = Object.keys(other.NetworkSettings.Networks);
  // Everything that was started without a word about networks meets in `bridge`.
  return Object.keys(one.NetworkSettings.Networks).some(
    (name) => name !== "bridge" && networks.includes(name),
  );
}
