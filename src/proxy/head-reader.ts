// Finds and parses the heads in the bytes of one client connection.

import type { ClientSettings } from "./engine-options.ts";
import type { Peer } from "./forwarded.ts";
import { firstOffence } from "./head-offence.ts";
import { isRefusal, type Refusal, refusal } from "./refusal.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";
import type { HeaderContext, RequestHeaders } from "./request-headers.ts";

const HEAD_END = Buffer.from("\r\n\r\n");
const HEAD_TOO_LONG = refusal(431, "head_too_long", "the request's head is too long");
const CR = 13;
const LF = 10;

export class HeadReader {
  /** Behind the head that was read; or where the bytes begin that are still needed. */
  next = 0;
  readonly #settings: ClientSettings;
  readonly #context: HeaderContext;
  /** So many bytes of an unfinished head have been looked at. */
  #seen = 0;
  /** The last header block: a keep-alive client sends the same one again and again. */
  #memo: RequestHeaders | null = null;

  constructor(settings: ClientSettings, peer: Peer) {
    this.#settings = settings;
    this.#context = {
      peer,
      trustedProxies: settings.trustedProxies,
      maxHeaders: settings.limits.headers,
    };
  }

  /** A part of a head has come. */
  get begun(): boolean {
    return this.#seen > 0;
  }

  /** The head at the beginning of `bytes`; null while it is not whole. Then the bytes from `next` on come again. */
  read(bytes: Buffer): RequestHead | Refusal | null {
    const from = skipEmptyLines(bytes);
    const end = bytes.indexOf(HEAD_END, Math.max(from, this.#seen - 3));
    if (end < 0) return this.#awaitRest(bytes, from);
    this.#seen = 0;
    this.next = end + HEAD_END.length;
    const { limits } = this.#settings;
    if (this.next - from > limits.headBytes) return firstOffence(bytes, from, limits) ?? HEAD_TOO_LONG;
    const text = bytes.toString("latin1", from, this.next);
    const head = parseRequestHead(text, limits.requestLineBytes, this.#context, this.#memo);
    // The first offence in the order of the bytes, so that the verdict does not depend on how they were split.
    if (isRefusal(head)) return firstOffence(bytes.subarray(0, this.next), from, limits) ?? head;
    this.#memo = head.headers;
    return head;
  }

  #awaitRest(bytes: Buffer, from: number): Refusal | null {
    this.next = from;
    const length = bytes.length - from;
    // Empty lines before a request are ignored (RFC 9112 §2.2): neither they nor half of one begin a head.
    if (length === 0 || (length === 1 && bytes[from] === CR)) return null;
    // What was looked at is not looked at again, or a head that comes byte by byte would cost its square.
    const offence = firstOffence(bytes, from, this.#settings.limits, this.#seen);
    this.#seen = length;
    return offence;
  }
}

function skipEmptyLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}
