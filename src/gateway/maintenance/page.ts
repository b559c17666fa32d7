// The maintenance page as a template: read and checked once, rendered for each visitor.
//
// `{{name}}` stands for a value, escaped for HTML text and quoted attributes alike:
//
//   language        en, de, fr, es, ja or zh: what the texts below are written in
//   heading         a short title, by the reason for the answer
//   message         the operator's message, or the explanation when there is none
//   explanation     what happened, in a sentence
//   expectedEnd     when it should be over: ISO 8601, empty when unknown
//   expectedEndText the same for people, in UTC
//   expectedEndMs, nowMs, retryAfterMs      numbers for scripts; the first is empty when unknown
//   refresh         the content of <meta http-equiv="refresh">, which brings visitors back without scripts
//   expectedEndLabel, overdueText, backText, offlineText, checkingText, refreshText, progressLabel,
//   tryAgainText    the texts of the built-in page
//
// An operator's own page may use all, some or none of them.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { GatewayError } from "../../lib/gateway-error.ts";

const PLACEHOLDERS = [
  "language",
  "heading",
  "message",
  "explanation",
  "expectedEnd",
  "expectedEndText",
  "expectedEndMs",
  "nowMs",
  "retryAfterMs",
  "refresh",
  "expectedEndLabel",
  "overdueText",
  "backText",
  "offlineText",
  "checkingText",
  "refreshText",
  "progressLabel",
  "tryAgainText",
] as const;

type Placeholder = (typeof PLACEHOLDERS)[number];

export type PageValues = Record<Placeholder, string | number>;

export interface CompiledPage {
  /** Null for an operator's page, whose assets we do not know. */
  contentSecurityPolicy: string | null;
  render(values: PageValues): string;
}

const BUILT_IN = fileURLToPath(new URL("../../../public/maintenance.html", import.meta.url));

// It is kept in memory and sent to every visitor in the middle of an upgrade.
const LARGEST_PAGE_BYTES = 1024 * 1024;

/** Reads the operator's page, or the built-in one for null. Throws `config_invalid` with the file's name. */
export function loadPage(file: string | null): CompiledPage {
  const template = readTemplate(file ?? BUILT_IN);
  const render = compile(template, file ?? BUILT_IN);
  return { contentSecurityPolicy: file === null ? policyFor(template) : null, render };
}

/** Permits the inline styles and scripts of exactly this text, and requests to our own origin. */
export function policyFor(html: string): string {
  return [
    "default-src 'none'",
    `style-src ${hashesOf("style", html)}`,
    `script-src ${hashesOf("script", html)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function readTemplate(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw invalid(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (bytes.length === 0) throw invalid(file, "is empty");
  if (bytes.length > LARGEST_PAGE_BYTES) {
    throw invalid(file, `has ${bytes.length} bytes; at most ${LARGEST_PAGE_BYTES} are allowed`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(file, "is not UTF-8; save it in that encoding", error);
  }
}

function compile(template: string, file: string): CompiledPage["render"] {
  refuseCodePlaceholders(template, file);
  // Splitting by a pattern with a group gives text and name in turns, text first and last.
  const pieces = template.split(/\{\{\s*(\w+)\s*\}\}/);
  const texts = pieces.filter((_, index) => index % 2 === 0);
  const names = pieces.filter((_, index) => index % 2 === 1).map((name) => knownPlaceholder(name, file));
  return (values) =>
    texts.reduce((html, text, index) => {
      const name = names[index - 1];
      return html + (name ? escapeHtml(String(values[name])) : "") + text;
    });
}

function knownPlaceholder(name: string, file: string): Placeholder {
  const known = PLACEHOLDERS.find((placeholder) => placeholder === name);
  if (known) return known;
  throw invalid(file, `uses {{${name}}}, which is unknown; there are ${PLACEHOLDERS.join(", ")}`);
}

/** Escaping for HTML does not make a value safe inside a script or a style sheet. */
function refuseCodePlaceholders(template: string, file: string): void {
  for (const tag of ["script", "style"] as const) {
    const placeholder = inlineBlocks(tag, template)
      .join("\n")
      .match(/\{\{\s*\w+\s*\}\}/)?.[0];
    if (!placeholder) continue;
    throw invalid(
      file,
      `uses ${placeholder} inside <${tag}>; put it into a data- attribute and read it there`,
    );
  }
}

function hashesOf(tag: "script" | "style", html: string): string {
  const hashes = inlineBlocks(tag, html).map(
    (block) => `'sha256-${createHash("sha256").update(block).digest("base64")}'`,
  );
  return hashes.length > 0 ? hashes.join(" ") : "'none'";
}

function inlineBlocks(tag: "script" | "style", html: string): string[] {
  const blocks = html.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}\\s*>`, "gi"));
  return Array.from(blocks, (block) => block[1] ?? "");
}

function invalid(file: string, what: string, cause?: unknown): GatewayError {
  return new GatewayError("config_invalid", `the maintenance page ${file} ${what}`, { cause });
}
