// Chatalot as its compose file builds it: a server with a fixed name and a fixed port, a root that cannot be written,
// secrets as files and few rights, in two networks, one of them internal; and its database. The server writes into the
// volume of the database, in place of asking it over the network.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { askEngine, filters, removeFromEngine } from "../../docker/call-engine.ts";
import { containerBody, type ContainerOptions } from "../../docker/container-body.ts";
import type { ImageConfig } from "../../docker/image-parts.ts";
import { openSandbox, type Sandbox } from "../../docker/sandbox.ts";
import { standIn } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { listen } from "../../listen.ts";

export const SERVER = "chatalot-server";
export const DB = "chatalot-db";
export const OLD_VERSION = "0.17.0";
const EXTERNAL = "chatalot-external";
const INTERNAL = "chatalot-internal";
const SUITE = "scenario-chatalot";
const SECOND_NS = 1_000_000_000;
const MIB = 1024 * 1024;

/** The real one looks every 30 s. */
const HEALTHCHECK = { Interval: SECOND_NS, Timeout: 10 * SECOND_NS, Retries: 3 };

/** Of every version. Like the real one it says nothing of the database, whose state is in the body. */
export const IMAGE_CONFIG: ImageConfig = {
  Healthcheck: {
    ...HEALTHCHECK,
    Test: ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:8080/api/health"],
  },
};

export interface ChatalotStage {
  sandbox: Sandbox;
  /** Of this machine, the one that the server publishes. */
  port: number;
  volumes: { files: string; db: string };
  close(): Promise<void>;
}

/** The old version, running and healthy, with an uploaded file; for who has claimed the names of `chatalot`. */
export async function openChatalot(): Promise<ChatalotStage> {
  await removeLeftOvers();
  const sandbox = openSandbox(SUITE);
  const secrets = await writeSecrets();
  const close = async (): Promise<void> => {
    await sandbox.close();
    await removeLeftOvers();
    await rm(secrets, { recursive: true, force: true });
  };
  try {
    return { ...(await build(sandbox, secrets)), sandbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(sandbox: Sandbox, secrets: string): Promise<Pick<ChatalotStage, "port" | "volumes">> {
  const image = await sandbox.image("chatalot", standIn({ version: OLD_VERSION, config: IMAGE_CONFIG }));
  await makeNetwork(sandbox, EXTERNAL, false);
  await makeNetwork(sandbox, INTERNAL, true);
  const volumes = { files: await sandbox.volume("file_storage"), db: await sandbox.volume("db_data") };
  const port = await freePort();
  await start(sandbox, DB, dbOptions(image.ref, volumes.db));
  await start(sandbox, SERVER, serverOptions(image.ref, { port, secrets, volumes }));
  await eventually(async () => expect((await sandbox.inspect(SERVER))?.State.Health?.Status).toBe("healthy"));
  await sandbox.exec(SERVER, "sh", "-c", "echo a picture > /app/data/files/upload.png");
  return { port, volumes };
}

function dbOptions(image: string, volume: string): ContainerOptions {
  return {
    image,
    networks: [{ network: INTERNAL, aliases: ["postgres"] }],
    env: { ROLE: "db", PORT: "5432" },
    binds: [`${volume}:/data`],
    labels: composeLabels("postgres"),
    restart: "unless-stopped",
    config: { Healthcheck: { ...HEALTHCHECK, Test: ["CMD-SHELL", "nc -w 1 127.0.0.1 5432 < /dev/null"] } },
    hostConfig: {
      CapDrop: ["ALL"],
      CapAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
      SecurityOpt: ["no-new-privileges:true"],
    },
  };
}

interface ServerParts {
  port: number;
  secrets: string;
  volumes: ChatalotStage["volumes"];
}

function serverOptions(image: string, { port, secrets, volumes }: ServerParts): ContainerOptions {
  return {
    image,
    networks: [{ network: EXTERNAL }, { network: INTERNAL }],
    env: {
      MIGRATE: "auto",
      DATA_DIR: "/db",
      DB_HOST: "postgres:5432",
      REQUIRED_FILES: "/run/secrets/jwt_private_key,/run/secrets/totp_encryption_key",
    },
    binds: [
      `${volumes.db}:/db`,
      `${volumes.files}:/app/data/files`,
      `${secrets}/jwt_private_key:/run/secrets/jwt_private_key:ro`,
      `${secrets}/totp_encryption_key:/run/secrets/totp_encryption_key:ro`,
    ],
    ports: { "8080/tcp": port },
    labels: composeLabels("chatalot"),
    restart: "unless-stopped",
    hostConfig: {
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "size=64m" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      Memory: 512 * MIB,
      NanoCpus: SECOND_NS,
    },
  };
}

function composeLabels(service: string): Record<string, string> {
  const label = (key: string): string => `com.docker.compose.${key}`;
  return {
    [label("project")]: "chatalot",
    [label("service")]: service,
    [label("container-number")]: "1",
    [label("oneoff")]: "False",
    [label("config-hash")]: "0a1b2c3d",
    [label("project.config_files")]: "/srv/chatalot/docker-compose.yml",
    [label("project.working_dir")]: "/srv/chatalot",
    [label("version")]: "5.0.0",
  };
}

async function makeNetwork({ labels }: Sandbox, Name: string, Internal: boolean): Promise<void> {
  await askEngine("POST", "/networks/create", { Name, Internal, Labels: labels, CheckDuplicate: true });
}

async function start(sandbox: Sandbox, name: string, options: ContainerOptions): Promise<void> {
  const [first, ...others] = options.networks ?? [];
  const labels = { ...sandbox.labels, ...options.labels };
  const body = containerBody({ ...options, labels }, first);
  const { Id } = await askEngine<{ Id: string }>("POST", `/containers/create?name=${name}`, body);
  for (const { network, aliases = [] } of others) await sandbox.connect(Id, network, { aliases });
  await askEngine("POST", `/containers/${Id}/start`);
}

async function writeSecrets(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "chatalot-secrets-"));
  for (const name of ["jwt_private_key", "totp_encryption_key"]) {
    await writeFile(join(directory, name), `the ${name} of a test`);
  }
  return directory;
}

/** Of this suite, those of a test process that was killed too. */
async function removeLeftOvers(): Promise<void> {
  const query = filters({ label: [`holdgate.test=${SUITE}`] });
  const containers = await askEngine<{ Id: string }[]>("GET", `/containers/json?all=1&${query}`);
  await Promise.all(containers.map(({ Id }) => removeFromEngine(`/containers/${Id}?force=1&v=1`)));
  const networks = await askEngine<{ Id: string }[]>("GET", `/networks?${query}`);
  for (const { Id } of networks) await removeFromEngine(`/networks/${Id}`);
  const { Volumes } = await askEngine<{ Volumes: { Name: string }[] | null }>("GET", `/volumes?${query}`);
  for (const { Name } of Volumes ?? []) await removeFromEngine(`/volumes/${Name}`);
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
