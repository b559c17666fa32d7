// The image of the gateway, built from the Dockerfile as it stands. The libraries come from the node_modules of this
// checkout, because nothing can be downloaded while an image is built on a machine without a registry.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { callEngine } from "./call-engine.ts";
import { nodeImage } from "./images.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
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
];

/** Its name. What has not changed comes from the engine's cache. */
export async function gatewayImage(ref: string): Promise<string> {
  const base = await nodeImage();
  const args = encodeURIComponent(JSON.stringify({ BASE: base.ref, INSTALL: "true" }));
  const files = [...CONTEXT, ...(await productionPackages())];
  // Owned by root and dated 1970, so that the cache knows the files again.
  const flags = ["--owner=0", "--group=0", "--mtime=@0", "--sort=name"];
  const tar = spawn("tar", ["-c", ...flags, "-C", ROOT, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const path = `/build?t=${encodeURIComponent(ref)}&buildargs=${args}&rm=1&forcerm=1`;
  const { status, body } = await callEngine("POST", path, tar.stdout);
  const output = body.toString();
  if (status !== 200 || output.includes('"errorDetail"')) {
    throw new Error(`the Dockerfile does not build: ${output.slice(-2000)}`);
  }
  return ref;
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
