// An image as its parts: a configuration and the tars of its layers, made without a Dockerfile and without a registry.
// The same content always gives the same bytes and so the same ids.

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type Pack, pack } from "tar-stream";

/** By path in the image: the content of a file. All are executable, so that a program needs no second word. */
export type ImageFiles = Readonly<Record<string, string | Buffer>>;

export interface Layer {
  /** `sha256:…` of the tar. */
  diffId: string;
  size: number;
  /** The tar; in pieces, because one of them is the Node binary. */
  chunks: readonly Buffer[];
}

/** As the engine has it. */
export interface ImageConfig {
  Env?: string[];
  Cmd?: string[];
  Entrypoint?: string[];
  Labels?: Record<string, string>;
  ExposedPorts?: Record<string, object>;
  Volumes?: Record<string, object>;
  /** Times are nanoseconds. */
  Healthcheck?: {
    Test: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    Retries?: number;
  };
  User?: string;
  WorkingDir?: string;
  StopSignal?: string;
}

export interface ImageParts {
  /** `sha256:…` of the configuration; what the engine calls the image's id. */
  id: string;
  configJson: Buffer;
  config: ImageConfig;
  /** The lowest first. */
  layers: readonly Layer[];
}

export type LayerEntry =
  | { path: string; content: string | Buffer }
  | { path: string; linkTo: string }
  | { path: string; mode: number };

/** Files, symbolic links and directories (those with a `mode`), in the order of the list. */
export async function makeLayer(entries: readonly LayerEntry[]): Promise<Layer> {
  const tar = pack();
  for (const entry of [...parentsOf(entries), ...entries]) addEntry(tar, entry);
  tar.finalize();
  const digest = createHash("sha256");
  const chunks: Buffer[] = [];
  for await (const chunk of Readable.from(tar)) {
    digest.update(chunk);
    chunks.push(chunk);
  }
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { diffId: `sha256:${digest.digest("hex")}`, size, chunks };
}

export function layerOfFiles(files: ImageFiles): Promise<Layer> {
  return makeLayer(Object.entries(files).map(([path, content]) => ({ path, content })));
}

/** A base, when there is one, gives its layers and what the configuration leaves open. */
export function assembleImage(
  base: Pick<ImageParts, "config" | "layers"> | null,
  added: readonly Layer[],
  config: ImageConfig,
): ImageParts {
  const layers = [...(base?.layers ?? []), ...added];
  const whole = mergeConfig(base?.config ?? {}, config);
  const configJson = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: whole,
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created: "1970-01-01T00:00:00Z" })),
    }),
  );
  return { id: digestOf(configJson), configJson, config: whole, layers };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** As a Dockerfile does it: variables and labels are added to those of the base, all else replaces. */
function mergeConfig(base: ImageConfig, own: ImageConfig): ImageConfig {
  const env = new Map([...(base.Env ?? []), ...(own.Env ?? [])].map((line) => [line.split("=", 1)[0], line]));
  return { ...base, ...own, Env: [...env.values()], Labels: { ...base.Labels, ...own.Labels } };
}

/** Without entries of their own the engine would make them for root only. */
function parentsOf(entries: readonly LayerEntry[]): LayerEntry[] {
  const parents = new Set<string>();
  for (const { path } of entries) {
    const parts = path.replace(/^\//, "").split("/");
    for (let depth = 1; depth < parts.length; depth += 1) parents.add(parts.slice(0, depth).join("/"));
  }
  parents.delete("tmp");
  return [...parents].toSorted().map((path) => ({ path, mode: 0o755 }));
}

function addEntry(tar: Pack, entry: LayerEntry): void {
  const common = { name: entry.path.replace(/^\//, ""), mtime: new Date(0), uid: 0, gid: 0 };
  if ("content" in entry) tar.entry({ ...common, mode: 0o755 }, Buffer.from(entry.content));
  else if ("linkTo" in entry) tar.entry({ ...common, type: "symlink" as const, linkname: entry.linkTo });
  else tar.entry({ ...common, type: "directory", mode: entry.mode });
}
