// The image of the gateway, built from the Dockerfile as it stands. The libraries come from the node_modules of this
// checkout, because nothing can be downloaded while an image is built on a machine without a registry.
//
// It stays in the engine under a name of its content, like the base images: a build takes its twenty seconds, and
// several suites want it.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildImage } from "./build-image.ts";
import { askEngine, filters, inspectEngine, removeFromEngine } from "./call-engine.ts";
import { type LoadedImage, nodeImage } from "./images.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const REPOSITORY = "holdgate-test/gateway";
// As .dockerignore lets through.
const CONTEXT = [
  "Dockerfile",
  "bin",
  "config",
  "public",
  "src",
  "package.json",
  "package-lock.json",
  ".npmrc",
  "LICENSE",
];
const OLD_MS = 24 * 60 * 60 * 1000;

/** Its name. */
export async function gatewayImage(): Promise<string> {
  const base = await nodeImage();
  const ref = `${REPOSITORY}:${await contentOf(base)}`;
  if (!(await isThere(ref))) {
    // A process of its own, because several test processes may want it at once and one shall build it.
    const lock = join(tmpdir(), "holdgate-test-gateway-image.lock");
    const build = [process.execPath, fileURLToPath(import.meta.url), ref, base.ref];
    await promisify(execFile)("flock", [lock, ...build], { maxBuffer: 2 ** 24 });
  }
  return ref;
}

if (import.meta.main) await buildOnce(process.argv[2] ?? "", process.argv[3] ?? "");

async function buildOnce(ref: string, base: string): Promise<void> {
  if (await isThere(ref)) return;
  const files = [...CONTEXT, ...(await productionPackages())];
  await buildImage({ ref, directory: ROOT, files, args: { BASE: base, INSTALL: "true" } });
  await removeOldOnes();
}

async function isThere(ref: string): Promise<boolean> {
  return (await inspectEngine(`/images/${ref}/json`)) !== undefined;
}

/** Of the sources; the lock file stands for the libraries. */
async function contentOf(base: LoadedImage): Promise<string> {
  const digest = createHash("sha256").update(base.id);
  for (const path of await filesOf(CONTEXT)) digest.update(`${path}\n`).update(await readFile(ROOT + path));
  return digest.digest("hex").slice(0, 12);
}

async function filesOf(paths: string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const isDirectory = (await stat(ROOT + path)).isDirectory();
    const inside = isDirectory ? (await readdir(ROOT + path)).map((name) => `${path}/${name}`) : [];
    files.push(...(isDirectory ? await filesOf(inside) : [path]));
  }
  return files.toSorted();
}

/** Those that `npm ci --omit=dev` installs, at the top: what is nested in them comes along. */
async function productionPackages(): Promise<string[]> {
  const lock: { packages: Record<string, { dev?: boolean; optional?: boolean }> } = JSON.parse(
    await readFile(`${ROOT}package-lock.json`, "utf8"),
  );
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional }]) => path !== "" && dev !== true && optional !== true)
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf("node_modules/") === 0);
}

/** Those of sources that have changed since. One that a container uses stays: that is a refusal of the engine. */
async function removeOldOnes(): Promise<void> {
  const query = filters({ reference: [REPOSITORY] });
  const images = await askEngine<{ Id: string; Created: number }[]>("GET", `/images/json?${query}`);
  const old = images.filter(({ Created }) => Date.now() - Created * 1000 > OLD_MS);
  await Promise.all(old.map(({ Id }) => removeFromEngine(`/images/${Id}`).catch(() => {})));
}
