// Cuts STOMP's byte stream into frames (1.0 to 1.2). A frame may begin in one message and end in another (`splitLargeFrames` of
// @stomp/stompjs), and one message may hold many.
//
//   between ──a byte that is no EOL──▶ head ──empty line──▶ body ──content-length reached, or NUL──▶ between
//      └── EOL: a heartbeat                 └── more than 64 KiB, content-length no number ──▶ broken: for good
//
// Bodies are not kept.

import type { Message } from "../protocol.ts";

export interface Frame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  /** As it came, without the empty line. */
  readonly head: Buffer;
  /** In the message in which it ends: what comes behind its NUL. */
  readonly end: number;
}

const LF = 10;
const CR = 13;
const NUL = 0;
const MOST_HEAD_BYTES = 64 * 1024;

export class FrameScanner {
  #state: "between" | "head" | "body" | "broken" = "between";
  #head: Buffer[] = [];
  #headBytes = 0;
  /** Nothing but CR since the last LF. */
  #lineIsEmpty = true;
  /** Null: to the next NUL. */
  #missing: number | null = null;
  #frame: Omit<Frame, "end"> | null = null;

  scan({ data }: Message): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < data.length && this.#state !== "broken") {
      if (this.#state === "between") at = this.#skipEols(data, at);
      else if (this.#state === "head") at = this.#takeHead(data, at);
      else at = this.#takeBody(data, at, frames);
    }
    return frames;
  }

  get isBetweenFrames(): boolean {
    return this.#state === "between";
  }

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  #skipEols(data: Buffer, from: number): number {
    let at = from;
    // A NUL too many is harmless to @stomp/stompjs.
    while (at < data.length && [LF, CR, NUL].includes(data.readUInt8(at))) at++;
    if (at < data.length) this.#beginHead();
    return at;
  }

  #beginHead(): void {
    this.#head = [];
    this.#headBytes = 0;
    this.#lineIsEmpty = false;
    this.#state = "head";
  }

  #takeHead(data: Buffer, from: number): number {
    let at = from;
    for (let isOver = false; at < data.length && !isOver; at++) isOver = this.#endsHead(data.readUInt8(at));
    this.#headBytes += at - from;
    if (this.#headBytes > MOST_HEAD_BYTES) this.#break();
    else this.#head.push(Buffer.from(data.subarray(from, at)));
    if (this.#state === "body") this.#readHead();
    return at;
  }

  #endsHead(byte: number): boolean {
    if (byte === LF && this.#lineIsEmpty) {
      this.#state = "body";
      return true;
    }
    this.#lineIsEmpty = byte === LF || (byte === CR && this.#lineIsEmpty);
    return false;
  }

  #readHead(): void {
    const head = Buffer.concat(this.#head);
    this.#head = [];
    const [command = "", ...lines] = head.toString().split("\n").map(withoutCr);
    const headers = readHeaders(lines);
    const length = headers.get("content-length");
    this.#frame = { command, headers, head };
    this.#missing = length === undefined ? null : Number(length);
    if (length !== undefined && !/^\d{1,15}$/.test(length)) this.#break();
  }

  #takeBody(data: Buffer, from: number, frames: Frame[]): number {
    const nul = this.#missing === null ? data.indexOf(NUL, from) : this.#skipCounted(data, from);
    if (nul === -1) return data.length;
    // What is said to be the end must be one, or else the frames are not where they seem to be.
    if (data[nul] !== NUL) this.#break();
    else if (this.#frame !== null) frames.push({ ...this.#frame, end: nul + 1 });
    if (this.#state === "body") this.#state = "between";
    this.#frame = null;
    return nul + 1;
  }

  #skipCounted(data: Buffer, from: number): number {
    const missing = this.#missing ?? 0;
    if (missing < data.length - from) return from + missing;
    this.#missing = missing - (data.length - from);
    return -1;
  }

  #break(): void {
    this.#state = "broken";
    this.#head = [];
    this.#frame = null;
  }
}

/** The same frame again, without the headers named, and without its body. */
export function makeFrame(head: Buffer, without: readonly string[]): Buffer {
  const lines = head.toString("latin1").split("\n").map(withoutCr);
  const kept = lines.filter((line, index) => line !== "" && (index === 0 || !without.includes(nameOf(line))));
  return Buffer.from(`${kept.join("\n")}\n\n\0`, "latin1");
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = nameOf(line);
    // The first one counts (1.2, "Repeated Header Entries").
    if (line !== "" && !headers.has(name))
      headers.set(name, unescape(line.slice(line.indexOf(":") + 1)).trim());
  }
  return headers;
}

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return unescape(colon === -1 ? line : line.slice(0, colon)).trim();
}

/** Also where 1.0 has no escapes: identifiers are only compared with each other. */
function unescape(text: string): string {
  return text.replaceAll(/\\[rnc\\]/g, (escape) => ESCAPES[escape] ?? escape);
}

const ESCAPES: Readonly<Record<string, string>> = { "\\r": "\r", "\\n": "\n", "\\c": ":", "\\\\": "\\" };

function withoutCr(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
