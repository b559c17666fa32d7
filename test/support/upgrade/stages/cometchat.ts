// CometChat as its stack file builds it: services in an overlay network, some with two tasks, each found by the stack's
// edge as `tasks.<name>` because without ip_vs there are no virtual addresses here; an edge that publishes its port on
// the host; a secret, and one volume in place of the databases. The specs are those that `docker stack deploy` sends.

import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { askEngine, filters, inspectEngine, removeFromEngine } from "../../docker/call-engine.ts";
import type { TestRegistry } from "../../docker/registry.ts";
import { openSandbox, type Sandbox } from "../../docker/sandbox.ts";
import { standInParts } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { listen } from "../../listen.ts";
import { removeAllOf } from "../real-names.ts";

export const OLD_VERSION = "4.0.0";
/** Those that an upgrade updates, by the names of their images, and how many tasks each has. */
export const REPLICAS = { "chat-api": 2, "mgmt-api": 1, notifications: 1, websocket: 2 } as const;
export type ServiceName = keyof typeof REPLICAS;
export const SERVICES: readonly ServiceName[] = ["chat-api", "mgmt-api", "notifications", "websocket"];
export const API_TOKEN = "the-token-of-the-api";
const STACK = "cometchat";
const SUITE = "scenario-cometchat";
const SECOND_NS = 1_000_000_000;

const PORT = 8080;
export const HEALTH_PATHS = [
  "/api/health-check",
  "/mgmt/health-check",
  "/notifications/health-check",
  "/v1/health",
];
const ROUTES = [
  "/api/=cometchat_chat-api:8080/",
  "/mgmt/=cometchat_mgmt-api:8080/",
  "/notifications/=cometchat_notifications:8080/",
  "/v1/=cometchat_websocket:8080",
];

export interface ServiceSpec {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: { ContainerSpec: { Image: string; Labels: Record<string, string> }; [key: string]: unknown };
  Mode: { Replicated?: { Replicas: number }; ReplicatedJob?: object };
  UpdateConfig?: object;
  [key: string]: unknown;
}

export interface InspectedService {
  ID: string;
  Version: { Index: number };
  Spec: ServiceSpec;
  UpdateStatus?: { State: string; Message: string };
}

export interface InspectedTask {
  ID: string;
  DesiredState: string;
  Status: { State: string; ContainerStatus?: { ContainerID: string }; PortStatus?: { Ports?: TaskPort[] } };
  Spec: { ContainerSpec: { Image: string } };
}

interface TaskPort {
  TargetPort: number;
  PublishedPort: number;
}

export interface CometChatStage {
  sandbox: Sandbox;
  registry: TestRegistry;
  /** Of this machine: the edge's. */
  port: number;
  /** With the messages, the schema and the list of migrations. */
  volume: string;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Whose task has a fixed port of this machine. */
  hostPort?: ServiceName;
}

/** The old version, all tasks running; for who has claimed the names of `cometchat`. */
export async function openCometChat(
  registry: TestRegistry,
  options: StageOptions = {},
): Promise<CometChatStage> {
  await removeStack();
  await removeAllOf(SUITE);
  const sandbox = openSandbox(SUITE);
  const close = async (): Promise<void> => {
    await removeStack();
    await sandbox.close();
  };
  try {
    return { ...(await deploy(sandbox, registry, options)), sandbox, registry, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Four images of one version, as their registry has them; their digests.
 * @param missing whose image does not come
 */
export async function pushVersion(
  registry: TestRegistry,
  { labels }: Sandbox,
  version: string,
  env: (name: ServiceName) => Readonly<Record<string, string>>,
  missing?: ServiceName,
): Promise<Partial<Record<ServiceName, string>>> {
  const digests: Partial<Record<ServiceName, string>> = {};
  for (const name of SERVICES) {
    if (name === missing) continue;
    const parts = await standInParts({ version, env: env(name), config: { Labels: labels } });
    digests[name] = registry.push(`cometchat/${name}`, version, parts).digest;
  }
  return digests;
}

async function deploy(
  sandbox: Sandbox,
  registry: TestRegistry,
  { hostPort }: StageOptions,
): Promise<Pick<CometChatStage, "port" | "volume">> {
  // It goes on working with what the next version adds to the schema.
  const digests = await pushVersion(registry, sandbox, OLD_VERSION, () => ({ SCHEMA_UP_TO: "2" }));
  const network = await sandbox.network("net", { driver: "overlay" });
  const volume = await sandbox.volume("data");
  const parts = { sandbox, network: network.id, volume, secret: await makeSecret(sandbox) };
  const imageOf = (name: ServiceName): string =>
    `${registry.ref(`cometchat/${name}`, OLD_VERSION)}@${digests[name]}`;
  await createService({
    ...parts,
    name: "mongo",
    image: imageOf("chat-api"),
    env: { ROLE: "db", PORT: "27017" },
  });
  for (const name of SERVICES) {
    const env = { ...APP_ENV, ...(name === "websocket" && WEBSOCKET_ENV) };
    const ports = name === hostPort ? [hostPortOf(await freePort())] : [];
    const task = { env, healthcheck: HEALTHCHECK, replicas: REPLICAS[name], ports };
    await createService({ ...parts, name, image: imageOf(name), ...task });
  }
  const edge = { ROLE: "router", ROUTES: ROUTES.join(",") };
  await createService({
    ...parts,
    name: "nginx",
    image: imageOf("chat-api"),
    env: edge,
    ports: [hostPortOf()],
  });
  await allRun();
  const port = await publishedPort("nginx");
  for (const path of HEALTH_PATHS) {
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200));
  }
  return { port, volume };
}

const APP_ENV = {
  HEALTH_SHAPE: "cometchat",
  DB_HOST: "tasks.cometchat_mongo:27017",
  REQUIRED_FILES: "/run/secrets/api-key",
  API_TOKEN,
};
const WEBSOCKET_ENV = { HEALTH_PATH: "/v1/health", WS_PATH: "/v1/ws" };

/** That it listens, and nothing more, as most have it: what its health endpoint says is not asked. */
const HEALTHCHECK = {
  Test: ["CMD-SHELL", `nc -w 1 127.0.0.1 ${PORT} < /dev/null`],
  Interval: SECOND_NS,
  Timeout: 5 * SECOND_NS,
  Retries: 4,
};

/** @param port of this machine; left out: a free one, a new one for each task. */
function hostPortOf(port?: number): object {
  return { Protocol: "tcp", TargetPort: PORT, PublishedPort: port, PublishMode: "host" };
}

/** A fixed port that nobody has just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
  return port;
}

interface ServiceParts {
  sandbox: Sandbox;
  network: string;
  volume: string;
  secret: string;
  name: string;
  image: string;
  env: Readonly<Record<string, string>>;
  healthcheck?: object;
  replicas?: number;
  ports?: object[];
}

async function createService(parts: ServiceParts): Promise<void> {
  const { sandbox, name, image, env, replicas = 1, ports = [] } = parts;
  const labels = { ...sandbox.labels, "com.docker.stack.namespace": STACK };
  await askEngine("POST", "/services/create", {
    Name: `${STACK}_${name}`,
    Labels: { ...labels, "com.docker.stack.image": image.split("@")[0] },
    TaskTemplate: {
      ContainerSpec: {
        Image: image,
        Labels: labels,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        Mounts: [{ Type: "volume", Source: parts.volume, Target: "/data" }],
        Secrets: [secretOf(parts)],
        StopGracePeriod: 10 * SECOND_NS,
        Healthcheck: parts.healthcheck,
      },
      Networks: [{ Target: parts.network, Aliases: [name] }],
      RestartPolicy: { Condition: "any", Delay: SECOND_NS },
    },
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND_NS, FailureAction: "pause", Order: "start-first" },
    EndpointSpec: { Mode: "dnsrr", Ports: ports },
  });
}

function secretOf({ sandbox, secret }: ServiceParts): object {
  const File = { Name: "api-key", UID: "0", GID: "0", Mode: 0o444 };
  return { SecretID: secret, SecretName: sandbox.name("api-key"), File };
}

async function makeSecret(sandbox: Sandbox): Promise<string> {
  const Data = Buffer.from("a key").toString("base64");
  const body = { Name: sandbox.name("api-key"), Labels: sandbox.labels, Data };
  return (await askEngine<{ ID: string }>("POST", "/secrets/create", body)).ID;
}

/** `api` means `cometchat_api`. Those of the stack, and of jobs like them. */
export async function listServices(): Promise<InspectedService[]> {
  const all = await askEngine<InspectedService[]>("GET", `/services?${filters({ name: [`${STACK}_`] })}`);
  return all.toSorted((one, other) => one.Spec.Name.localeCompare(other.Spec.Name));
}

export async function inspectService(name: string): Promise<InspectedService> {
  const found = await inspectEngine<InspectedService>(`/services/${STACK}_${name}`);
  if (found === undefined) throw new Error(`there is no service ${STACK}_${name}`);
  return found;
}

/** Those that are to run. */
export async function tasksOf(name: string): Promise<InspectedTask[]> {
  const query = filters({ service: [`${STACK}_${name}`], "desired-state": ["running"] });
  return askEngine("GET", `/tasks?${query}`);
}

/** As an operator would do it by hand. */
export async function changeService(name: string, change: (spec: ServiceSpec) => object): Promise<void> {
  const { ID, Version, Spec } = await inspectService(name);
  await askEngine("POST", `/services/${ID}/update?version=${Version.Index}`, change(Spec));
}

export async function allRun(): Promise<void> {
  await eventually(async () => {
    for (const { Spec } of await listServices()) {
      const tasks = await tasksOf(Spec.Name.slice(STACK.length + 1));
      expect(tasks.map(({ Status }) => Status.State)).toEqual(
        Array(Spec.Mode.Replicated?.Replicas).fill("running"),
      );
    }
  }, 60_000);
}

async function publishedPort(name: string): Promise<number> {
  const ports = (await tasksOf(name)).flatMap(({ Status }) => Status.PortStatus?.Ports ?? []);
  const port = ports.find(({ TargetPort }) => TargetPort === PORT)?.PublishedPort;
  if (port === undefined) throw new Error(`${name} publishes no port`);
  return port;
}

/** Of this suite, and of a test process that was killed. The tasks of a service go a while after it. */
async function removeStack(): Promise<void> {
  for (const { ID, Spec } of await listServices()) {
    if (Spec.Labels["holdgate.test"] === SUITE || Spec.Name.includes("-holdgate-")) {
      await removeFromEngine(`/services/${ID}`);
    }
  }
  const running = filters({ label: [`holdgate.test=${SUITE}`, "com.docker.swarm.task"] });
  await eventually(async () => {
    await pause(50);
    expect(await askEngine("GET", `/containers/json?${running}`)).toEqual([]);
  }, 30_000);
}
