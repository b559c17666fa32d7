// One kept answer: which may be kept, and how it is given again. Stale by intent, so it says how old it is (Age), which
// keeps browsers and caches from taking it for new.

import { headerPairs } from "../../proxy/header-pairs.ts";
import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";

/** Written anew by the engine, or by us. */
const NOT_KEPT = new Set(["content-length", "date", "age", "connection", "keep-alive", "holdgate-cache"]);
/** For the objects around a body, roughly. */
const OVERHEAD_BYTES = 512;

type Header = [name: string, value: string];

/** Whether everybody may be given it, and it is whole when it has ended. `no-cache` is no obstacle: it is for bad days. */
export function mayBeKept(head: ResponseHead): boolean {
  if (head.status !== 200 || head.eventStream) return false;
  // What ends with its connection may as well have broken off.
  if (!head.chunked && head.contentLength < 0) return false;
  const headers = headerPairs(head.block);
  if (valueOf(headers, "set-cookie") !== undefined) return false;
  if (/\b(?:no-store|private)\b/i.test(valueOf(headers, "cache-control") ?? "")) return false;
  const vary = (valueOf(headers, "vary") ?? "").toLowerCase().split(",");
  if (!vary.every((name) => ["", "accept-encoding"].includes(name.trim()))) return false;
  return !/[,\s]/.test(codingOf(head));
}

/** It says itself that it is not for the one who asked. */
export function isForEverybody(head: ResponseHead): boolean {
  const control = valueOf(headerPairs(head.block), "cache-control") ?? "";
  return /(?:^|[,\s])(?:public|immutable|s-maxage=\d+)(?:$|[,;\s])/i.test(control);
}

/** `identity` when it is not encoded. */
export function codingOf(head: ResponseHead): string {
  return (valueOf(headerPairs(head.block), "content-encoding") ?? "identity").toLowerCase();
}

export class KeptAnswer {
  readonly #headers: Record<string, string>;
  readonly #body: Buffer;
  /** Monotonic milliseconds. */
  readonly #since: number;
  readonly #etag: string | undefined;
  readonly #lastModified: string | undefined;
  /** How much memory it takes, roughly. */
  readonly bytes: number;

  /** `block` are header lines, each ending in CRLF. */
  constructor(block: string, body: Buffer, since: number) {
    const headers = headerPairs(block).filter(([name]) => !NOT_KEPT.has(name.toLowerCase()));
    this.#headers = joined(headers);
    this.#body = body;
    this.#since = since;
    this.#etag = valueOf(headers, "etag");
    this.#lastModified = valueOf(headers, "last-modified");
    this.bytes = body.length + 2 * block.length + OVERHEAD_BYTES;
  }

  /** As far as it says itself. */
  isSame(head: ResponseHead): boolean {
    const headers = headerPairs(head.block);
    const etag = valueOf(headers, "etag");
    if (etag !== undefined || this.#etag !== undefined) return etag === this.#etag;
    const lastModified = valueOf(headers, "last-modified");
    return lastModified !== undefined && lastModified === this.#lastModified;
  }

  answerTo(request: RequestHead, now: number): LocalAnswer {
    const age = Math.max(0, Math.floor((now - this.#since) / 1000));
    const headers = { ...this.#headers, Age: String(age), "Holdgate-Cache": "stale" };
    return { status: this.#isKnownTo(request) ? 304 : 200, headers, body: this.#body };
  }

  /** RFC 9110 §13.2.2: If-None-Match decides where it is there. */
  #isKnownTo(request: RequestHead): boolean {
    const known = request.header("if-none-match");
    if (known === undefined) {
      const since = request.header("if-modified-since");
      return since !== undefined && since === this.#lastModified;
    }
    if (known.trim() === "*") return true;
    const own = this.#etag?.replace(/^W\//, "");
    return known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === own);
  }
}

/** All values of a header in one, as RFC 9110 §5.3 allows for any but Set-Cookie, which is never kept. */
function valueOf(headers: Header[], name: string): string | undefined {
  const values = headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function joined(headers: Header[]): Record<string, string> {
  const byName = new Map<string, Header>();
  for (const [name, value] of headers) {
    const known = byName.get(name.toLowerCase());
    byName.set(name.toLowerCase(), known ? [known[0], `${known[1]}, ${value}`] : [name, value]);
  }
  return Object.fromEntries(byName.values());
}
