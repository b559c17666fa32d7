// The body of one request: where it ends, and how much of it is still at hand to be sent (again).
//
//   kept = everything from the first byte on, as it came (chunk framing included), until
//          it is `dropped`: because it outgrew the bound or may not be sent twice.

import type { BodyBudget } from "./body-budget.ts";
import { ChunkedScanner } from "./chunked-scanner.ts";
import { type Refusal, refusal } from "./refusal.ts";

// The memory of a small body is not worth a refusal.
const SMALL_BYTES = 4096;
// Below this in one stall window a client makes no progress worth waiting for: one byte a second is an
// attack, not a slow line.
const PROGRESS_BYTES = 1024;
// Up to here small pieces are kept as one.
const JOINED_BYTES = 4096;

export class RequestBody {
  /** All of it has come. */
  complete = false;
  /** What is wrong with its framing, or null. */
  error: string | null = null;
  /** Whether `kept` still holds all that has come. */
  whole = true;
  /** More came, in one piece, than may be kept: it can be sent, but not kept any longer. */
  outgrown = false;
  /** Bytes that have come, framing included. */
  receivedBytes = 0;

  #kept: Buffer[] = [];
  #keptBytes = 0;
  #remaining: number;
  #unmarkedBytes = 0;
  readonly #scanner: ChunkedScanner | null;
  readonly #budget: BodyBudget;

  constructor(contentLength: number, chunked: boolean, budget: BodyBudget) {
    this.#scanner = chunked ? new ChunkedScanner() : null;
    this.#remaining = contentLength;
    this.#budget = budget;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** There is no memory left in which it could wait. */
  get overBudget(): boolean {
    return this.#keptBytes > SMALL_BYTES && this.#budget.exhausted;
  }

  /** Takes what of buffer[from…] belongs to the body; returns the index just behind it. */
  take(buffer: Buffer, from: number): number {
    const end = this.#scanner
      ? this.#takeChunked(this.#scanner, buffer, from)
      : this.#takeCounted(buffer, from);
    this.receivedBytes += end - from;
    this.#unmarkedBytes += end - from;
    return end;
  }

  /** Why the body, as far as it has come, is refused; null when it is not. */
  offence(limitBytes: number): Refusal | null {
    if (this.error !== null) {
      return refusal(400, "bad_chunk", `the request's body is malformed: ${this.error}`);
    }
    if (this.receivedBytes <= limitBytes) return null;
    return refusal(413, "body_too_large", `the request's body is larger than ${limitBytes} bytes`);
  }

  /** True when enough has come since it was last true to call it progress. */
  hasProgressed(): boolean {
    if (this.#unmarkedBytes < PROGRESS_BYTES) return false;
    this.#unmarkedBytes = 0;
    return true;
  }

  keep(piece: Buffer): void {
    const last = this.#kept.at(-1);
    // A body that comes byte by byte would otherwise take a hundred times its length.
    if (last && last.length + piece.length <= JOINED_BYTES)
      this.#kept.splice(-1, 1, Buffer.concat([last, piece]));
    else this.#kept.push(piece);
    this.#keptBytes += piece.length;
    this.#budget.add(piece.length);
  }

  /** What has been kept, from the first byte on. */
  get kept(): readonly Buffer[] {
    return this.#kept;
  }

  /** Forgets what was kept; from here on the body cannot be sent again. */
  drop(): void {
    if (this.receivedBytes > 0) this.whole = false;
    this.release();
  }

  /** Gives the memory back. */
  release(): void {
    this.#budget.release(this.#keptBytes);
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #takeCounted(buffer: Buffer, from: number): number {
    const taken = Math.min(this.#remaining, buffer.length - from);
    this.#remaining -= taken;
    this.complete = this.#remaining === 0;
    return from + taken;
  }

  #takeChunked(scanner: ChunkedScanner, buffer: Buffer, from: number): number {
    const end = scanner.scan(buffer, from, buffer.length);
    this.error = scanner.error;
    this.complete = scanner.done;
    return end;
  }
}
