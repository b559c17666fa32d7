// The files of the console, read once at the start: these and no others are given out, whatever path is asked for.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export interface ConsoleFile {
  contentType: string;
  body: string;
  /** Compressed once, when it is first asked for. */
  gzipped: () => Buffer<ArrayBuffer>;
  /** Of its text, quoted as the header has it; weak, because it stands for both encodings. */
  etag: string;
}

export interface ConsoleFiles {
  /** `/`; by whether callers need a token there. */
  page: Readonly<Record<"withToken" | "withoutToken", ConsoleFile>>;
  /** By the name behind `/console/`. */
  parts: ReadonlyMap<string, ConsoleFile>;
}

const FOLDER = new URL("../../public/console/", import.meta.url);
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
/** Served as their package has them, so that there is nothing to build. */
const OF_PACKAGES = { "uplot.js": "uplot/dist/uPlot.iife.min.js" } as const;
const NEEDS_TOKEN = '<meta name="holdgate-access" content="token">';

export function loadConsoleFiles(): ConsoleFiles {
  const names = readdirSync(FOLDER).filter((name) => CONTENT_TYPES[extname(name)] !== undefined);
  const own = names.map((name) => [name, readPart(name, new URL(name, FOLDER), withoutComments)] as const);
  const foreign = Object.entries(OF_PACKAGES).map(
    ([name, specifier]) => [name, readPart(name, new URL(import.meta.resolve(specifier)))] as const,
  );
  const parts = new Map([...own, ...foreign]);
  const html = parts.get("index.html")?.body ?? "";
  parts.delete("index.html");
  const withoutToken = html.replace(NEEDS_TOKEN, NEEDS_TOKEN.replace("token", "open"));
  return {
    page: { withToken: asFile("index.html", html), withoutToken: asFile("index.html", withoutToken) },
    parts,
  };
}

type Preparation = (text: string, extension: string) => string;

function readPart(name: string, url: URL, given: Preparation = asItIs): ConsoleFile {
  return asFile(name, given(readFileSync(fileURLToPath(url), "utf8"), extname(name)));
}

function asItIs(text: string): string {
  return text;
}

/** Those are for readers of the source. Their lines stay, empty, so that a browser counts lines as the source does. */
function withoutComments(text: string, extension: string): string {
  return extension === ".js" ? text.replaceAll(/^[ ]*(?:\/\/|\/\*\*|\*[ /]).*$/gm, "") : text;
}

function asFile(name: string, body: string): ConsoleFile {
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  const contentType = CONTENT_TYPES[extname(name)] ?? "text/plain";
  let gzipped: Buffer<ArrayBuffer> | undefined;
  return { contentType, body, gzipped: () => (gzipped ??= gzipSync(body)), etag: `W/"${digest}"` };
}
