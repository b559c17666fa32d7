// An open WebSocket: bytes both ways, with a frame scanner beside each direction, so that the gateway
// never writes into the middle of a frame.
//
//   open ──close()──▶ ending ──boundary──▶ closing ──client answers, or deadline──▶ closed
//    │                                        ▲
//    ├─ upstream breaks off ──▶ lost ─close()─┘ (mid-frame: the client can only be cut)
//    └─ either side ends as WebSockets do ─────────────────────────────────────────▶ closed
//
// In `closing` the client has our Close frame; what it sends up to its own Close still goes to the
// upstream, which so sees a closing handshake and not a broken connection.

import type { Socket } from "node:net";
import { CloseCode } from "../lib/close-codes.ts";
import type { ClientConnection } from "./client-connection.ts";
import { closeFrame } from "./close-frame.ts";
import type { TunnelOwner } from "./exchange-owner.ts";
import { FrameScanner } from "./frame-scanner.ts";
import { writeBorrowed } from "./read-buffers.ts";
import type { RequestHead } from "./request-head.ts";
import { KEEP_ALIVE_MS, type OpenTunnel, type TunnelPool } from "./tunnel-opener.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export type TunnelState = "open" | "lost" | "ending" | "closing" | "closed";

// How long what is under way may take to end or to be read, and how long a client may take to answer a Close.
const BOUNDARY_MS = 10_000;
const ANSWER_MS = 2000;

// The sockets' handlers find their tunnel through this property: ten closures a tunnel would cost about
// a kilobyte of each idle one.
const TUNNEL = Symbol("tunnel");
type TunnelSocket = Socket & { [TUNNEL]?: Tunnel };

export class Tunnel implements OpenTunnel {
  deadline = Infinity;
  state: TunnelState = "open";
  readonly path: string;
  readonly clientAddress: string;
  readonly openedAt: number;
  owner: TunnelOwner = NOBODY;
  wasCut = false;

  readonly #client: TunnelSocket;
  readonly #upstream: TunnelSocket;
  readonly #fromClient = new FrameScanner();
  readonly #fromUpstream = new FrameScanner();
  readonly #pool: TunnelPool;
  #close: Buffer | null = null;

  constructor(head: RequestHead, client: ClientConnection, upstream: UpstreamConnection, pool: TunnelPool) {
    this.path = head.path;
    this.clientAddress = head.headers.client;
    this.openedAt = pool.sweep.now();
    this.#client = client.socket;
    this.#upstream = upstream.socket;
    this.#pool = pool;
    client.reader.sink = (piece) => this.#onClientData(piece);
    upstream.reader.sink = (piece) => this.#onUpstreamData(piece);
  }

  get isOpen(): boolean {
    return this.state === "open";
  }

  start(fromClient: Buffer | null, fromUpstream: Buffer): void {
    for (const socket of [this.#client, this.#upstream]) {
      socket[TUNNEL] = this;
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      socket.on("drain", onDrain);
      socket.on("end", onEnd);
      socket.on("close", onEnd);
      socket.on("error", ignore);
    }
    if (fromUpstream.length > 0) this.#onUpstreamData(fromUpstream);
    if (fromClient) this.#onClientData(fromClient);
    this.#client.resume();
    this.#upstream.resume();
  }

  /** At the next frame boundary. */
  close(code: number, reason: string): void {
    if (this.state !== "open" && this.state !== "lost") return;
    const lost = this.state === "lost";
    this.#close = closeFrame(code, reason, false);
    if (this.#fromUpstream.atFrameBoundary) return this.#sendClose();
    // The upstream's last frame will never end, or its framing is not understood.
    if (lost || this.#fromUpstream.error !== null) return this.destroy();
    this.state = "ending";
    this.#wait(BOUNDARY_MS);
  }

  destroy(): void {
    this.wasCut ||= this.state !== "closed";
    this.#settle();
    this.#client.destroy();
    this.#upstream.destroy();
    this.#forgetIfGone();
  }

  onDeadline(): void {
    if (this.state === "closing" && this.#fromClient.atFrameBoundary && !this.#upstream.destroyed) {
      this.#upstream.end(closeFrame(CloseCode.goingAway, "", true));
    }
    this.destroy();
  }

  // From here on: for the sockets' handlers.

  onDrain(socket: TunnelSocket): void {
    if (socket === this.#client) this.#upstream.resume();
    else if (this.state !== "lost") this.#client.resume();
  }

  onEnd(socket: TunnelSocket): void {
    if (this.state === "closed") return this.#forgetIfGone();
    if (socket === this.#client) return this.#finish();
    const goodbye = this.#fromUpstream.closeSeen || this.#fromClient.closeSeen;
    if (this.state === "closing") return;
    if (goodbye) return this.#finish();
    if (this.state === "ending") return this.destroy();
    if (this.state === "lost") return;
    this.state = "lost";
    // Nobody is there to take it: it stays in the client's socket.
    this.#client.pause();
    this.owner.onUpstreamLost(this);
  }

  #onClientData(chunk: Buffer): void {
    this.#fromClient.scan(chunk);
    if (
      this.#upstream.writable &&
      !writeBorrowed(this.#upstream, chunk) &&
      this.#upstream.writableLength > 0
    ) {
      this.#client.pause();
    }
    if (this.state === "closing" && this.#clientHasLeft) this.#finish();
  }

  #onUpstreamData(chunk: Buffer): void {
    if (this.state === "closing" || this.state === "closed") return;
    let piece = chunk;
    if (this.state === "ending") {
      const end = this.#fromUpstream.endOfFrame(chunk, 0, chunk.length);
      if (end >= 0) piece = chunk.subarray(0, end);
    }
    this.#fromUpstream.scan(piece);
    if (!writeBorrowed(this.#client, piece) && this.#client.writableLength > 0) this.#upstream.pause();
    if (this.state === "ending" && this.#fromUpstream.atFrameBoundary) this.#sendClose();
    else if (this.state === "ending" && this.#fromUpstream.error !== null) this.destroy();
  }

  #sendClose(): void {
    const close = this.#close;
    // An upstream that has said goodbye itself leaves nothing to add.
    if (close && !this.#fromUpstream.closeSeen) this.#client.write(close);
    this.state = "closing";
    this.#client.resume();
    this.#upstream.resume();
    this.#waitForEnd();
    if (this.#clientHasLeft) this.#finish();
  }

  /** Its Close has passed as a whole: the upstream could make nothing of half a one. */
  get #clientHasLeft(): boolean {
    return this.#fromClient.closeSeen && this.#fromClient.atFrameBoundary;
  }

  /** Both sides get what is on its way to them, then the end. */
  #finish(): void {
    this.#settle();
    this.#client.end();
    this.#upstream.end();
    this.#client.resume();
    this.#upstream.resume();
    this.#waitForEnd();
    this.#forgetIfGone();
  }

  #forgetIfGone(): void {
    if (!this.#client.destroyed || !this.#upstream.destroyed) return;
    this.#pool.sweep.remove(this);
    this.#pool.tunnels.forget(this);
  }

  #settle(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#pool.tunnels.close(this);
    this.owner.onTunnelClosed(this);
  }

  /** A slow reader needs time for what is on its way to it before it can answer. */
  #waitForEnd(): void {
    const underWay = this.#client.writableLength + this.#upstream.writableLength;
    this.#wait(underWay > 0 ? BOUNDARY_MS : ANSWER_MS);
  }

  #wait(ms: number): void {
    this.deadline = this.#pool.sweep.now() + ms;
    this.#pool.sweep.add(this);
  }
}

const NOBODY: TunnelOwner = {
  onUpstreamLost(tunnel) {
    tunnel.destroy();
  },
  onTunnelClosed() {},
};

function onDrain(this: TunnelSocket): void {
  this[TUNNEL]?.onDrain(this);
}

function onEnd(this: TunnelSocket): void {
  this[TUNNEL]?.onEnd(this);
}

// `close` always follows; but an error without a listener ends the process.
function ignore(): void {}
