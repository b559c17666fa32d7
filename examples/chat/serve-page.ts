// The page for browsers: one answer with style and script inside, so that it never mixes the files
// of two versions.

import { readFileSync } from "node:fs";
import type { ChatApp, Exchange } from "./chat-app.ts";
import type { ChatVersion } from "./chat-options.ts";

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";

// What stands in chat.html, and what takes its place.
const PARTS: Record<string, string> = {
  '<link rel="stylesheet" href="chat.css" />': `<style>\n${readPart("chat.css")}</style>`,
  '<script type="module" src="chat.js"></script>': `<script type="module">\n${readPart("chat.js")}</script>`,
};
const template = Object.entries(PARTS).reduce(
  (html, [reference, part]) => html.replace(reference, () => part),
  readPart("chat.html"),
);

export function servePage({ response }: Exchange, { version }: ChatApp): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  });
  response.end(fill(version));
}

function fill(version: ChatVersion): string {
  return template.replaceAll("{{version}}", version).replaceAll("{{major}}", version.charAt(0));
}

function readPart(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), "utf8");
}
