// The page for browsers: one answer with style and script inside, so that it never mixes the files
// of two versions.

import { readFileSync } from "node:fs";
import type { ChatApp, Exchange } from "./chat-app.ts";
import type { ChatVersion } from "./chat-options.ts";

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";

const template = readPart("chat.html");
const style = readPart("chat.css");
const script = readPart("chat.js");

export function servePage({ response }: Exchange, { version }: ChatApp): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  });
  response.end(fill(version));
}

function fill(version: ChatVersion): string {
  const parts: Record<string, string> = { version, major: version.charAt(0), style, script };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => parts[name] ?? whole);
}

function readPart(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), "utf8");
}
