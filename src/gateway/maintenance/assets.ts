// The files beside an operator's own maintenance page: pictures, fonts, styles. They are read once, because the disk may
// be what is being worked on, and found by their whole name in a table, so that no path leads anywhere else.

import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { RequestHead } from "../../proxy/request-head.ts";

export const ASSETS_PATH = "/.holdgate/assets/";

/** By path below the directory, as `fonts/inter.woff2`. */
export type Assets = ReadonlyMap<string, Asset>;

export interface Asset {
  type: string;
  etag: string;
  body: Buffer;
}

// They are kept in memory, and sent to every visitor in the middle of an upgrade.
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_FILES = 200;
/** Nothing that an address would have to escape. */
const NAME = /^[\w][\w.-]*$/;

const TYPES: Record<string, string> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp4": "video/mp4",
  ".otf": "font/otf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".webm": "video/webm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

/** Throws `config_invalid` with the file's name. Names with a dot in front are left out, and links that lead out. */
export function loadAssets(directory: string | null): Assets {
  const assets = new Map<string, Asset>();
  if (directory === null) return assets;
  let bytes = 0;
  for (const file of filesBelow(directory, directory)) {
    if (assets.size === MOST_FILES) throw invalid(directory, `has more than ${MOST_FILES} files`);
    bytes += statSync(file).size;
    if (bytes > MOST_BYTES) throw invalid(directory, `has more than ${MOST_BYTES} bytes in its files`);
    assets.set(relative(directory, file).replaceAll("\\", "/"), readAsset(file));
  }
  return assets;
}

/** Undefined: there is no such file. */
export function assetAnswer(head: RequestHead, assets: Assets): LocalAnswer | undefined {
  const asset = assets.get(head.path.slice(ASSETS_PATH.length));
  if (!asset || (head.method !== "GET" && head.method !== "HEAD")) return undefined;
  const headers = {
    "Content-Type": asset.type,
    ETag: asset.etag,
    // Short: whoever changes one in the middle of a maintenance wants it seen.
    "Cache-Control": "public, max-age=60",
    "X-Content-Type-Options": "nosniff",
  };
  const known = (head.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return { status: known.includes(asset.etag) ? 304 : 200, headers, body: asset.body };
}

function* filesBelow(directory: string, root: string): Generator<string> {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.name.startsWith(".")) continue;
    const isFile = entry.isFile() || (entry.isSymbolicLink() && leadsToFileBelow(path, root));
    if (!isFile && !entry.isDirectory()) continue;
    if (!NAME.test(entry.name))
      throw invalid(path, "has a name with more than letters, digits, _, - and dots");
    if (entry.isDirectory()) yield* filesBelow(path, root);
    else yield path;
  }
}

/** Kubernetes mounts files as links to others in the same directory; one that leads out of it gives away what is there. */
function leadsToFileBelow(path: string, root: string): boolean {
  try {
    const real = realpathSync(path);
    return real.startsWith(realpathSync(root) + sep) && statSync(real).isFile();
  } catch {
    return false;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw invalid(
      directory,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
}

function readAsset(file: string): Asset {
  const type = TYPES[extname(file).toLowerCase()];
  if (type === undefined) {
    throw invalid(file, `is of a kind that is not served; there are ${Object.keys(TYPES).join(" ")}`);
  }
  try {
    const body = readFileSync(file);
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    return { type, etag, body };
  } catch (error) {
    throw invalid(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

function invalid(path: string, what: string, cause?: unknown): GatewayError {
  return new GatewayError("config_invalid", `the maintenance asset ${path} ${what}`, { cause });
}
