// Images in the engine, made from their parts and given to it as `docker load` would. What it has already is not sent
// again: the base images stay there from run to run, under names of their content.

import { Readable } from "node:stream";
import { type Pack, pack } from "tar-stream";
import { busyboxParts, nodeParts } from "./base-images.ts";
import { askEngine, callEngine, inspectEngine } from "./call-engine.ts";
import {
  assembleImage,
  type ImageConfig,
  type ImageFiles,
  type ImageParts,
  type Layer,
  layerOfFiles,
} from "./image-parts.ts";

export interface LoadedImage {
  /** `name:tag` */
  ref: string;
  /** `sha256:…` */
  id: string;
}

export interface AppImage {
  name: string;
  /** `latest` when left out. */
  tag?: string;
  /** `node` when left out. */
  base?: "busybox" | "node";
  files: ImageFiles;
  config: ImageConfig;
}

export function busyboxImage(): Promise<LoadedImage> {
  return loadBase("busybox");
}

export function nodeImage(): Promise<LoadedImage> {
  return loadBase("node");
}

/** Files and a configuration over a base, whose layers it shares. Loading it again moves the tag. */
export async function appImage(app: AppImage): Promise<LoadedImage> {
  await loadBase(app.base ?? "node");
  const parts = await appParts(app);
  return load(parts, `${app.name}:${app.tag ?? "latest"}`, parts.layers.slice(-1));
}

/** The same image without an engine, for a registry to serve. */
export async function appParts(app: Omit<AppImage, "name" | "tag">): Promise<ImageParts> {
  const base = await partsOf(app.base ?? "node");
  return assembleImage(base, [await layerOfFiles(app.files)], app.config);
}

async function loadBase(base: "busybox" | "node"): Promise<LoadedImage> {
  const parts = await partsOf(base);
  return load(parts, `holdgate-test/${base}:${parts.id.slice("sha256:".length, 19)}`, parts.layers);
}

function partsOf(base: "busybox" | "node"): Promise<ImageParts> {
  return base === "busybox" ? busyboxParts() : nodeParts();
}

/** @param missing the layers that the engine may not have; it asks for no other. */
async function load(parts: ImageParts, ref: string, missing: readonly Layer[]): Promise<LoadedImage> {
  const known = await inspectEngine<{ RepoTags: string[] | null }>(`/images/${parts.id}/json`);
  if (known === undefined) await sendImage(parts, ref, missing);
  else if (!known.RepoTags?.includes(ref)) await tag(parts.id, ref);
  return { ref, id: parts.id };
}

async function tag(id: string, ref: string): Promise<void> {
  const [repo, name] = splitRef(ref);
  await askEngine("POST", `/images/${id}/tag?repo=${encodeURIComponent(repo)}&tag=${name}`);
}

function splitRef(ref: string): [repo: string, tag: string] {
  const at = ref.lastIndexOf(":");
  return [ref.slice(0, at), ref.slice(at + 1)];
}

async function sendImage(parts: ImageParts, ref: string, missing: readonly Layer[]): Promise<void> {
  const tar = Readable.from(savedTar(parts, ref, missing));
  const { status, body } = await callEngine("POST", "/images/load?quiet=1", tar);
  const said = body.toString();
  // An error may come inside the answer, long after the 200.
  if (status !== 200 || said.includes('"error"')) throw new Error(`the engine did not load ${ref}: ${said}`);
}

/** What `docker save` writes: a manifest, the configuration and a tar for each layer. */
function savedTar(parts: ImageParts, ref: string, layers: readonly Layer[]): Pack {
  const tar = pack();
  const mtime = new Date(0);
  const configName = `${parts.id.slice("sha256:".length)}.json`;
  const manifest = [{ Config: configName, RepoTags: [ref], Layers: parts.layers.map(layerName) }];
  tar.entry({ name: "manifest.json", mtime }, JSON.stringify(manifest));
  tar.entry({ name: configName, mtime }, parts.configJson);
  for (const layer of layers) {
    const entry = tar.entry({ name: layerName(layer), size: layer.size, mtime });
    for (const chunk of layer.chunks) entry.write(chunk);
    entry.end(undefined);
  }
  tar.finalize();
  return tar;
}

function layerName(layer: Layer): string {
  return `${layer.diffId.slice("sha256:".length)}/layer.tar`;
}
