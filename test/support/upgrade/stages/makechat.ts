// makechat as its manual starts it with `docker run`: three containers with fixed addresses in a network of their own,
// no published ports, no health checks, no restart policies. The app's configuration was edited where the package
// puts it, in the writable layer. What differs: the app speaks HTTP with its edge instead of the protocol of uwsgi, and
// writes into the directory of the database instead of asking it over the network.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { expect } from "vitest";
import { askEngine } from "../../docker/call-engine.ts";
import type { ContainerOptions } from "../../docker/container-body.ts";
import { openSandbox, type Sandbox } from "../../docker/sandbox.ts";
import { type StandIn, standIn } from "../../docker/stand-in-image.ts";
import { tokenOf } from "../../docker/stand-in/secret-token.ts";
import { eventually } from "../../eventually.ts";
import { claimNames } from "../claim-names.ts";
import { createNamed, createNamedNetwork, removeAllOf } from "../real-names.ts";

export const APP = "makechat";
export const WEB = "makechat-web";
export const MONGO = "makechat-mongo";
export const NETWORK = "makechat_nw";
export const ADDRESSES = { mongo: "172.30.1.1", app: "172.30.1.2", web: "172.30.1.3" };
export const OLD_VERSION = "0.1.25";
export const CONFIG_FILE = "/root/makechat.conf";
/** Of the image of the web container, and anonymous: a file in it is lost with a container that is made anew by hand. */
export const WEB_CACHE = "/var/cache/nginx";
const WEB_CUSTOM = "/usr/share/nginx/html/makechat/custom";
const SUITE = "scenario-makechat";
const SECRET_KEY = "kept-since-the-first-day";

/** Of a user who has logged in before the upgrade. */
export const TOKEN = tokenOf(SECRET_KEY);

export interface MakechatStage {
  sandbox: Sandbox;
  /** Of this machine, mounted into the containers. */
  directories: Directories;
  /** Of the old version. */
  images: { app: string; web: string };
  close(): Promise<void>;
}

interface Directories {
  mongo: string;
  backups: string;
  custom: string;
}

/** A version of the app, with what is wrong with it. */
export function makechatApp(version: string, env: StandIn["env"] = {}): StandIn {
  return {
    version,
    env: { HEALTH_SHAPE: "makechat", PORT: "8001", SECRET_FILE: CONFIG_FILE, ...env },
    // What pip installs: it works, and is what a container that is made anew by hand comes back with.
    files: { [CONFIG_FILE]: configuration("change-me") },
    // The port of uwsgi; the one of HTTP is in no EXPOSE.
    config: { ExposedPorts: { "8000/tcp": {} }, Volumes: { "/backups": {} } },
  };
}

export function makechatWeb(version: string, env: StandIn["env"] = {}): StandIn {
  return {
    version,
    env: { ROLE: "proxy", PORT: "80", BACKEND: "makechat:8001", ...env },
    config: { ExposedPorts: { "80/tcp": {} }, Volumes: { [WEB_CUSTOM]: {}, [WEB_CACHE]: {} } },
  };
}

/** The old version, running. Nobody else has these names and addresses until it is closed. */
export async function openMakechat(): Promise<MakechatStage> {
  const release = await claimNames("makechat");
  await removeAllOf(SUITE);
  const sandbox = openSandbox(SUITE);
  const root = await mkdtemp(join(tmpdir(), "makechat-"));
  const close = async (): Promise<void> => {
    await sandbox.close();
    await removeAllOf(SUITE);
    await rm(root, { recursive: true, force: true });
    release();
  };
  try {
    return { ...(await build(sandbox, root)), sandbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(sandbox: Sandbox, root: string): Promise<Pick<MakechatStage, "directories" | "images">> {
  const app = await sandbox.image("makechat", standIn(makechatApp(OLD_VERSION)));
  const web = await sandbox.image("makechat-web", standIn(makechatWeb(OLD_VERSION)));
  const mongo = await sandbox.image(
    "mongo",
    standIn({ version: "latest", env: { ROLE: "db", PORT: "27017" } }),
  );
  const images = { app: app.ref, web: web.ref };
  const directories = await makeDirectories(root);
  await createNamedNetwork(sandbox, NETWORK, { subnet: "172.30.0.0/16" });
  await start(await createNamed(sandbox, MONGO, mongoOptions(mongo.ref, directories)));
  const id = await createNamed(sandbox, APP, appOptions(app.ref, directories));
  await putFile(id, CONFIG_FILE, configuration(SECRET_KEY));
  await start(id);
  const stage = { sandbox, images, directories };
  await startWeb(stage);
  await sandbox.exec(WEB, "sh", "-c", `echo warm > ${WEB_CACHE}/cache`);
  return stage;
}

/** As the manual starts it: of the old version, with nothing of the one before. */
export async function startWeb({
  sandbox,
  images,
  directories,
}: Pick<MakechatStage, "sandbox" | "images" | "directories">): Promise<void> {
  await start(
    await createNamed(sandbox, WEB, {
      image: images.web,
      networks: [{ network: NETWORK, address: ADDRESSES.web }],
      binds: [`${directories.custom}:${WEB_CUSTOM}`],
    }),
  );
  await eventually(async () => expect((await fetch(`http://${ADDRESSES.web}/`)).status).toBe(200));
}

function mongoOptions(image: string, { mongo }: Directories): ContainerOptions {
  return {
    image,
    networks: [{ network: NETWORK, address: ADDRESSES.mongo }],
    env: { DATA_DIR: "/data/db" },
    binds: [`${mongo}:/data/db`],
  };
}

function appOptions(image: string, { mongo, backups }: Directories): ContainerOptions {
  return {
    image,
    networks: [{ network: NETWORK, address: ADDRESSES.app }],
    env: { DB_HOST: `${ADDRESSES.mongo}:27017`, DATA_DIR: "/mongo" },
    binds: [`${backups}:/backups`, `${mongo}:/mongo`],
  };
}

async function makeDirectories(root: string): Promise<Directories> {
  const directories = {
    mongo: join(root, "makechat-mongo"),
    backups: join(root, "makechat-backups"),
    custom: join(root, "www"),
  };
  for (const directory of Object.values(directories)) await mkdir(directory);
  await writeFile(join(directories.backups, "yesterday"), "a backup\n");
  return directories;
}

function configuration(secretKey: string): string {
  return `[DEFAULT]\nsecret_key = ${secretKey}\nmongo_uri = mongodb://${ADDRESSES.mongo}:27017\n`;
}

function start(container: string): Promise<unknown> {
  return askEngine("POST", `/containers/${container}/start`);
}

/** As `docker cp` does. */
export async function putFile(container: string, path: string, content: string): Promise<void> {
  const at = path.lastIndexOf("/");
  const tar = pack();
  tar.entry({ name: path.slice(at + 1), mode: 0o600 }, content);
  tar.finalize();
  const directory = encodeURIComponent(path.slice(0, at) || "/");
  await askEngine("PUT", `/containers/${container}/archive?path=${directory}`, Readable.from(tar));
}
