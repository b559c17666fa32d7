// Utilitarian as its manual runs it: one image in three roles (the API with a published port, two workers by queue, one
// beat), two dependents with images of their own, the edge that takes readings by UDP, the queue and the database. A
// reading goes edge ▸ queue ▸ dlms-processor ▸ queue ▸ utilitarian-poster ▸ API. What differs: the queue speaks HTTP, and
// the API writes into the volume of the database instead of asking it over the network.

import { readFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { once } from "node:events";
import { expect } from "vitest";
import { askEngine } from "../../docker/call-engine.ts";
import type { ContainerOptions } from "../../docker/container-body.ts";
import { openSandbox, type Sandbox } from "../../docker/sandbox.ts";
import { type StandIn, standIn } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { listen } from "../../listen.ts";
import { claimNames } from "../claim-names.ts";
import { createNamed, createNamedNetwork, removeAllOf } from "../real-names.ts";

export const API = "utilitarian-api";
export const WORKERS = ["utilitarian-worker-meters", "utilitarian-worker-reports"] as const;
export const BEAT = "utilitarian-beat";
export const POSTER = "utilitarian-poster";
export const PROCESSOR = "dlms-processor";
export const EDGE = "dlms-udp-server";
export const QUEUE = "utilitarian-rabbitmq";
export const DB = "utilitarian-db";
export const CONTAINERS = [API, ...WORKERS, BEAT, POSTER, PROCESSOR, EDGE, QUEUE, DB].toSorted();
export const HOST = "utilitarian.example.com";
export const OLD_VERSION = "2.3.0";
const NETWORK = "utilitarian";
const SUITE = "scenario-utilitarian";

/** Of every role: the first word after the options of Celery is the role, `inspect` asks whether this one works. */
const CELERY = `#!/bin/sh
[ "$1" = -A ] && shift 2
if [ "$1" = inspect ]; then exec grep -q "\\"host\\":\\"$(hostname)\\"" /data/beats.jsonl; fi
if [ "$1" = worker ] && [ -n "$WORKER_EXIT" ]; then
  echo "ModuleNotFoundError: No module named 'utilitarian.tasks'"
  exit "$WORKER_EXIT"
fi
ROLE="$1" exec node /app/main.ts
`;

export interface UtilitarianStage {
  sandbox: Sandbox;
  /** Of this machine: the API's, and the edge's for UDP. */
  ports: { api: number; edge: number };
  volumes: Volumes;
  close(): Promise<void>;
}

interface Volumes {
  db: string;
  static: string;
}

/** A version of the image, with what is wrong with it. */
export function utilitarian(version: string, env: StandIn["env"] = {}): StandIn {
  return {
    version,
    env: { HEALTH_SHAPE: "django", PORT: "8000", ...env },
    files: { "/usr/local/bin/python": '#!/bin/sh\nexec "$@"\n', "/usr/local/bin/celery": CELERY },
    config: { ExposedPorts: { "8000/tcp": {} } },
  };
}

/** The old version, running. Nobody else has these names until it is closed. */
export async function openUtilitarian(): Promise<UtilitarianStage> {
  const release = await claimNames("utilitarian");
  await removeAllOf(SUITE);
  const sandbox = openSandbox(SUITE);
  const close = async (): Promise<void> => {
    await sandbox.close();
    await removeAllOf(SUITE);
    release();
  };
  try {
    return { ...(await build(sandbox)), sandbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(sandbox: Sandbox): Promise<Pick<UtilitarianStage, "ports" | "volumes">> {
  await createNamedNetwork(sandbox, NETWORK);
  const volumes = { db: await sandbox.volume("db"), static: await sandbox.volume("static") };
  const ports = { api: await freePort(), edge: await freeUdpPort() };
  const { ref } = await sandbox.image("utilitarian", standIn(utilitarian(OLD_VERSION)));
  await start(sandbox, DB, await dbOptions(sandbox, volumes));
  await start(sandbox, API, { ...roleOptions(ref, volumes), ports: { "8000/tcp": ports.api } });
  for (const name of WORKERS) await start(sandbox, name, workerOptions(name, ref, volumes));
  await start(sandbox, BEAT, {
    ...roleOptions(ref, volumes),
    command: ["celery", "-A", "utilitarian", "beat"],
  });
  await startDependents(sandbox, ports.edge);
  for (const work of ["collectstatic", "compress"]) await sandbox.exec(API, "python", "manage.py", work);
  // Django refuses this name, 127.0.0.1, as soon as it is there.
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${ports.api}/`)).status).toBe(400));
  return { ports, volumes };
}

/** What the three roles have in common. */
function roleOptions(image: string, volumes: Volumes): ContainerOptions {
  return {
    image,
    networks: [{ network: NETWORK }],
    env: {
      ALLOWED_HOSTS: `${HOST},${API}`,
      DB_HOST: `${DB}:5432`,
      SECRET_KEY: "of-django",
      // What Celery takes for its warm shutdown.
      STOP_MS: "100",
    },
    binds: [`${volumes.db}:/data`, `${volumes.static}:/static`],
    restart: "unless-stopped",
  };
}

function workerOptions(name: string, image: string, volumes: Volumes): ContainerOptions {
  const queue = name.split("-").at(-1) ?? "";
  return {
    ...roleOptions(image, volumes),
    command: ["celery", "-A", "utilitarian", "worker", "-Q", queue],
    labels: { role: "utilitarian-worker" },
  };
}

async function dbOptions(sandbox: Sandbox, volumes: Volumes): Promise<ContainerOptions> {
  const image = await sandbox.image(
    "postgres",
    standIn({ version: "10", env: { ROLE: "db", PORT: "5432" } }),
  );
  return {
    image: image.ref,
    networks: [{ network: NETWORK }],
    binds: [`${volumes.db}:/data`],
    restart: "unless-stopped",
  };
}

async function startDependents(sandbox: Sandbox, edgePort: number): Promise<void> {
  const queue = (name: string): string => `http://${QUEUE}:5672/${name}`;
  const common = { networks: [{ network: NETWORK }], restart: "unless-stopped" };
  await start(sandbox, QUEUE, { ...common, image: await programImage(sandbox, "queue") });
  await start(sandbox, EDGE, {
    ...common,
    image: await programImage(sandbox, "udp-server"),
    env: { QUEUE: queue("readings") },
    ports: { "4059/udp": edgePort },
  });
  const image = await programImage(sandbox, "dependent");
  const processor = { FROM: queue("readings"), TO: queue("processed") };
  await start(sandbox, PROCESSOR, { ...common, image, env: processor });
  const poster = { FROM: queue("processed"), TO: `http://${API}:8000/messages` };
  await start(sandbox, POSTER, { ...common, image, env: poster });
}

/** Of one of the programs beside this file. */
async function programImage(sandbox: Sandbox, program: string): Promise<string> {
  const source = readFileSync(new URL(`./utilitarian/${program}.ts`, import.meta.url));
  const config = { Cmd: ["node", "/app/main.ts"] };
  const { ref } = await sandbox.image(program, { files: { "/app/main.ts": source }, config });
  return ref;
}

async function start(sandbox: Sandbox, name: string, options: ContainerOptions): Promise<void> {
  const id = await createNamed(sandbox, name, options);
  await askEngine("POST", `/containers/${id}/start`);
}

/** A fixed port that nobody has just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
