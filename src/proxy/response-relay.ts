// Passes one answer on to its client: the head rewritten, the body byte by byte as it was framed wherever
// that is legal (chunks are checked, not rebuilt).
//
//   the upstream framed by     to an HTTP/1.1 client      to an HTTP/1.0 client
//   no body                    nothing                    nothing
//   Content-Length             as it is                   as it is
//   chunked                    as it is, checked          data only, then the end of the connection
//   the connection's end       made chunked               as it is, then the end of the connection

import type { BodyTap } from "./body-tap.ts";
import { ChunkedScanner, type OnChunkData } from "./chunked-scanner.ts";
import type { ClientConnection } from "./client-connection.ts";
import { EventBoundaryScanner } from "./event-boundary-scanner.ts";
import type { Exchange } from "./exchange.ts";
import { LineBoundaryScanner } from "./line-boundary-scanner.ts";
import { connectionLine, ownLines } from "./local-answer.ts";
import type { ResponseHead } from "./response-head.ts";

type Framing = "none" | "length" | "chunked" | "dechunked" | "rechunked" | "raw";

// Up to here joining head and body in one string is cheaper than writing two buffers.
const JOINED_BYTES = 8192;
const LAST_CHUNK = "0\r\n\r\n";

export class ResponseRelay {
  /** The answer is whole. */
  done = false;
  /** What is wrong with the body's framing, or null. */
  error: string | null = null;
  /** Whether the client's connection lives on behind this answer. */
  keepAlive = false;

  #framing: Framing = "none";
  #remaining = 0;
  #chunks: ChunkedScanner | null = null;
  /** Of a stream that may be ended early. */
  #events: EventBoundaryScanner | LineBoundaryScanner | null = null;
  #tap: BodyTap | null = null;
  #client: ClientConnection;
  #head = "";

  constructor(client: ClientConnection) {
    this.#client = client;
  }

  /** Takes an answer's head; its bytes leave with the first `body` call or `flushHead`. */
  begin(exchange: Exchange, client: ClientConnection, head: ResponseHead): void {
    const request = exchange.head;
    this.#client = client;
    this.#framing = framingOf(head, request.method, request.headers.version);
    this.#remaining = this.#framing === "length" ? head.contentLength : 0;
    this.#chunks = this.#framing === "chunked" || this.#framing === "dechunked" ? new ChunkedScanner() : null;
    this.#events = boundaryScanner(exchange, head);
    this.#tap = exchange.tap;
    this.error = null;
    this.done = this.#framing === "none" || (this.#framing === "length" && this.#remaining === 0);
    exchange.endsWithConnection = this.#framing === "dechunked" || this.#framing === "raw";
    this.keepAlive = !exchange.endsWithConnection && this.#client.canKeepAlive(request.headers.keepAlive);
    this.#head =
      head.statusLine +
      head.block +
      framingLine(this.#framing, head, request.headers.version) +
      ownLines(exchange, head.requestId) +
      connectionLine(request, this.keepAlive) +
      "\r\n";
  }

  /** Passes on what of buffer[from…] belongs to the body. Returns the index just behind it. */
  body(buffer: Buffer, from: number): number {
    const to = this.#scan(buffer, from);
    if (this.#tap !== null && this.#chunks === null && from < to) {
      this.#tap.onAnswerBody(buffer.subarray(from, to));
    }
    if (this.error === null) this.#pass(buffer, from, to);
    return to;
  }

  /** False when the client reads slower than we write. */
  flowing = true;

  /** Writes the head when no body came with it. */
  flushHead(): void {
    if (this.#head === "") return;
    const head = this.#head;
    this.#head = "";
    this.flowing = this.#client.writeText(head);
  }

  /** The upstream's connection ended: that ends the answer when its framing says so. */
  onUpstreamEnd(): void {
    if (this.#framing !== "raw" && this.#framing !== "rechunked") return;
    if (this.#framing === "rechunked") this.#client.writeText(LAST_CHUNK);
    this.done = true;
  }

  /**
   * Ends a stream early, if it stands between two events (or lines) and at a place where its framing can be
   * ended. The browser then comes back by itself, with the id of the last event.
   */
  tryEndEvents(): boolean {
    if (!this.#events?.atBoundary) return false;
    if (this.#framing === "chunked" && !this.#chunks?.atChunkBoundary) return false;
    if (this.#framing === "length") return false;
    if (this.#framing !== "raw" && this.#framing !== "dechunked") this.#client.writeText(LAST_CHUNK);
    return true;
  }

  #scan(buffer: Buffer, from: number): number {
    switch (this.#framing) {
      case "none":
        return from;
      case "length": {
        const to = Math.min(buffer.length, from + this.#remaining);
        this.#remaining -= to - from;
        this.done = this.#remaining === 0;
        return to;
      }
      case "chunked":
      case "dechunked":
        return this.#scanChunks(buffer, from);
      case "raw":
      case "rechunked":
        this.#events?.scan(buffer, from, buffer.length);
        return buffer.length;
    }
  }

  #scanChunks(buffer: Buffer, from: number): number {
    const chunks = this.#chunks;
    if (!chunks) return from;
    const to = chunks.scan(buffer, from, buffer.length, this.#onChunkData());
    this.done = chunks.done;
    this.error = chunks.error;
    return to;
  }

  #onChunkData(): OnChunkData | undefined {
    const isSeen = this.#framing === "dechunked" || this.#events !== null || this.#tap !== null;
    return isSeen ? this.#takeChunkData : undefined;
  }

  readonly #takeChunkData = (buffer: Buffer, from: number, to: number): void => {
    this.#events?.scan(buffer, from, to);
    this.#tap?.onAnswerBody(buffer.subarray(from, to));
    if (this.#framing !== "dechunked") return;
    this.flushHead();
    this.flowing = this.#client.write(buffer.subarray(from, to));
  };

  #pass(buffer: Buffer, from: number, to: number): void {
    if (from === to || this.#framing === "dechunked") return this.flushHead();
    if (this.#framing === "rechunked") {
      this.flushHead();
      this.#client.writeText(`${(to - from).toString(16)}\r\n`);
      this.#client.write(buffer.subarray(from, to));
      this.flowing = this.#client.writeText("\r\n");
    } else if (this.#head !== "" && to - from <= JOINED_BYTES) {
      this.#head += buffer.toString("latin1", from, to);
      this.flushHead();
    } else {
      this.#passLarge(buffer.subarray(from, to));
    }
  }

  #passLarge(piece: Buffer): void {
    const { socket } = this.#client;
    const withHead = this.#head !== "";
    if (withHead) socket.cork();
    this.flushHead();
    this.flowing = this.#client.write(piece);
    if (withHead) socket.uncork();
  }
}

function boundaryScanner(
  exchange: Exchange,
  head: ResponseHead,
): EventBoundaryScanner | LineBoundaryScanner | null {
  if (head.eventStream) return new EventBoundaryScanner();
  return exchange.lineStream ? new LineBoundaryScanner() : null;
}

function framingOf(head: ResponseHead, method: string, version: "1.0" | "1.1"): Framing {
  const { status } = head;
  if (method === "HEAD" || status === 204 || status === 304) return "none";
  if (head.chunked) return version === "1.1" ? "chunked" : "dechunked";
  if (head.contentLength >= 0) return "length";
  return version === "1.1" ? "rechunked" : "raw";
}

// HEAD and 304 tell how the body would have been framed (RFC 9110 §8.6); 204 has none to tell of, and
// HTTP/1.0 nothing to tell it with.
function framingLine(framing: Framing, head: ResponseHead, version: "1.0" | "1.1"): string {
  const chunked =
    framing === "chunked" ||
    framing === "rechunked" ||
    (framing === "none" && head.chunked && head.status !== 204 && version === "1.1");
  return chunked ? "Transfer-Encoding: chunked\r\n" : "";
}
