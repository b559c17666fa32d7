// One HTTP exchange: a request of a client, and what becomes of it.
//
//             forward               connected               head of the answer
//   waiting ───────────▶ connecting ───────────▶ sent ───────────────────────▶ answering
//    ▲ │  │                   │                    │                               │
//    │ │  └─ answer ───────┐  │  failure, recall   │                               │
//    └─┼───────────────────┼──┴────────────────────┘                               │
//      └─ client leaves ─▶ settled ◀────────────── end, cut, client leaves, tunnel ┘
//
// The exchange owns its transitions; its owner (the gateway) is told and decides what happens in
// `waiting`. forward() claims and sends in one synchronous step: nothing may come between the choice of
// an upstream and the registration there, or a drain could miss the request.

import { type BodyTap, TappedRequest } from "./body-tap.ts";
import type { ClientConnection } from "./client-connection.ts";
import { withoutHeaders } from "./connection-tokens.ts";
import type { ExchangeClient, ExchangeConnection } from "./exchange-ends.ts";
import type { ExchangeOwner, Outcome, UpstreamFailure } from "./exchange-owner.ts";
import type { LocalAnswer } from "./local-answer.ts";
import { ownLines } from "./local-answer.ts";
import { detached } from "./read-buffers.ts";
import type { RequestBody } from "./request-body.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import type { OpenTunnel, TunnelOpener } from "./tunnel-opener.ts";
import type { UpstreamAddress } from "./upstream-address.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { Upstream } from "./upstream.ts";

export type ExchangeState = "waiting" | "connecting" | "sent" | "answering" | "settled";

/** What binds a request to one address; as long as the address is one of its upstream's. */
export interface AddressBinding {
  readonly address: UpstreamAddress | null;
  /** It waits for what the upstream will have to say, and need not end by itself. */
  readonly listens: boolean;
}

export class Exchange {
  readonly head: RequestHead;
  readonly body: RequestBody | null;
  /** Monotonic milliseconds. */
  readonly arrivedAt: number;
  /** The order of arrival over all connections. */
  readonly sequence: number;
  state: ExchangeState = "waiting";
  owner: ExchangeOwner = NOBODY;
  /** The upstream that has the request, or had it last. */
  upstream: Upstream | null = null;
  /** That of its addresses. */
  address: UpstreamAddress | null = null;
  /** Where it must go, of several addresses; null: wherever there is least to do. */
  binding: AddressBinding | null = null;
  /** The answer consists of lines, and never ends by itself: it can be ended behind any line. */
  lineStream = false;
  /** The answer is an event stream, which ends only when somebody ends it. */
  eventStream = false;
  /** The answer ends with the client's connection: nothing else would tell the client that it is not whole. */
  endsWithConnection = false;
  /** For the owner: when it was first held, monotonic milliseconds; negative when never. */
  heldSince = -1;
  /** How often it was sent again after a loss: by the engine itself once at most, else by the owner. */
  resends = 0;
  /** How long the request was held before it was sent; negative when it was not. */
  heldMs = -1;
  /** The status that the client got; 0 before. */
  status = 0;
  /** For the owner: it goes on where others would wait or be refused, and fails where they would wait. */
  exempt = false;
  /** A larger body is refused with 413; what is known at admission is the owner's to look at. */
  bodyLimitBytes = Infinity;
  /** Makes the tunnel that this handshake opens; null: one that passes bytes. */
  opener: TunnelOpener | null = null;
  /** Reads along; null: nobody does. */
  tap: BodyTap | null = null;
  /** Header lines that the owner adds to the request on its way to the upstream, each with its line end. */
  requestLines = "";
  /** The same for the answer, whoever gives it. */
  answerLines = "";
  /** Its name in logs, and the line of its answer that tells it: left out where the upstream tells its own. */
  requestId = "";
  requestIdLine = "";
  /** Of W3C Trace Context, as the upstream gets it; empty: none. */
  traceparent = "";
  /** Where its upstream stood among its owner's when it was last sent. */
  slot = "";
  /** When it was last sent, monotonic milliseconds. */
  sentAt = 0;

  readonly #client: ExchangeClient;
  #connection: ExchangeConnection | null = null;
  /** What the tap sees of the request, as it was sent last. */
  #tapped: TappedRequest | null = null;

  constructor(
    client: ExchangeClient,
    head: RequestHead,
    body: RequestBody | null,
    sequence: number,
    arrivedAt: number,
  ) {
    this.#client = client;
    this.head = head;
    this.body = body;
    this.sequence = sequence;
    this.arrivedAt = arrivedAt;
  }

  get client(): ExchangeClient {
    return this.#client;
  }

  /** All of the request has come. */
  get requestComplete(): boolean {
    return this.body === null || this.body.complete;
  }

  /** DESIGN §2 rule 4: whether the request may (still, again) be sent to an upstream. */
  get resendable(): boolean {
    if (this.state === "waiting" || this.state === "connecting") return true;
    return this.state === "sent" && this.head.idempotent && (this.body === null || this.body.whole);
  }

  /** As far as is known now, it may be sent once more when it has been sent. */
  get repeatable(): boolean {
    const { body } = this;
    return this.head.idempotent && (body === null || (body.complete && body.whole && !body.outgrown));
  }

  /** Sends the request to the upstream, now or as soon as a connection stands. */
  forward(upstream: Upstream): void {
    this.upstream = upstream;
    this.slot = upstream.slot;
    this.state = "connecting";
    this.#connection = this.#client.carry(this, upstream);
  }

  /** Answers from here, without an upstream. */
  answer(answer: LocalAnswer): void {
    this.status = answer.status;
    this.state = "answering";
    // What is left of the body would be read as the next request: the connection ends with this answer.
    const keepAlive = this.requestComplete && this.#client.canKeepAlive(this.head.headers.keepAlive);
    this.#client.answer(answer, this, keepAlive);
    this.settle("answered", keepAlive);
  }

  /**
   * Takes the request back from its upstream so that it waits again. False, and nothing happens, when
   * it may not be sent a second time.
   */
  recall(): boolean {
    if (!this.resendable || this.state === "waiting") return false;
    this.#detach();
    return true;
  }

  /**
   * Answers from here after all, instead of the upstream that has the request. False, and nothing happens, when its
   * answer has begun.
   */
  answerInstead(answer: LocalAnswer): boolean {
    if (this.state !== "connecting" && this.state !== "sent") return false;
    this.#detach();
    this.answer(answer);
    return true;
  }

  /** Ends an event stream at the next boundary between two events; the browser comes back by itself. */
  endEvents(): void {
    if (this.eventStream || this.lineStream) this.#connection?.endEvents();
  }

  /** Ends it at once, whatever its state: the client sees a broken connection. */
  cut(): void {
    if (this.state === "settled") return;
    this.settle("cut", false);
    this.#client.breakOff();
  }

  // From here on: for the connections on both sides.

  /** Whoever carries it has it, and sends it by himself: it cannot be sent a second time from here. */
  handOver(now: number): void {
    this.state = "sent";
    this.sentAt = now;
    if (this.body !== null) this.body.whole = false;
  }

  /** Its connection stands: what is known of the request is written to it. */
  sendOn(connection: UpstreamConnection, now: number): void {
    this.#connection = connection;
    this.state = "sent";
    this.sentAt = now;
    const { body } = this;
    const text = this.#headText();
    if (body === null) connection.writeText(text);
    else if (body.kept.length === 0) connection.writeText(text);
    else connection.writeWithBody(text, body.kept);
    if (this.tap !== null) this.#tapRequest(this.tap);
    if (body === null) return;
    if (!this.head.idempotent || body.outgrown) body.drop();
    this.#client.resumeBody();
  }

  /** The reused connection was dead before it took anything: once more, on a new one. */
  reconnect(connection: UpstreamConnection): void {
    this.resends++;
    this.state = "connecting";
    this.#connection = connection;
  }

  /** A piece of the body has come and is not yet sent. */
  onBodyPiece(piece: Buffer, keepLimit: number, waitLimit: number): void {
    const { body } = this;
    if (!body) return;
    const sent = this.state === "sent" || this.state === "answering";
    if (sent) {
      if (this.tap !== null) this.#tapPiece(this.tap, piece);
      if (this.state === "answering" || body.keptBytes + piece.length > keepLimit) body.drop();
      else if (body.whole && this.head.idempotent) body.keep(detached(piece));
      if (this.#connection && !this.#connection.writeBytes(piece)) this.#client.pauseBody();
    } else if (this.state !== "settled") {
      body.keep(detached(piece));
      body.outgrown = body.keptBytes > keepLimit;
      if (!body.complete && body.keptBytes >= waitLimit) this.#client.pauseBody();
    }
  }

  onAnswerHead(status: number, eventStream: boolean): void {
    this.state = "answering";
    this.status = status;
    this.eventStream = eventStream;
    this.body?.drop();
    this.owner.onAnswer(this, status);
  }

  /** The upstream opens the tunnel: its answer is passed on, without the headers of its hop. */
  onAnswer101(client: ClientConnection, head: ResponseHead, lines: string): void {
    this.onAnswerHead(101, false);
    if (this.state === "settled") return;
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    client.writeText(`${head.statusLine}${lines}${upgrade}${ownLines(this, head.requestId)}\r\n`);
  }

  onUpstreamFailure(failure: Omit<UpstreamFailure, "resendable">): void {
    if (this.state === "answering") return this.cut();
    const { resendable } = this;
    this.#detach();
    this.owner.onUpstreamFailure(this, { ...failure, resendable });
  }

  onClientLeft(): void {
    if (this.state !== "settled") this.settle("abandoned", false);
  }

  onClientDrained(): void {
    this.#connection?.resumeReading();
  }

  onTunnelOpened(tunnel: OpenTunnel): void {
    this.#connection = null;
    this.settle("tunnel", false);
    this.owner.onTunnelOpened(tunnel, this);
  }

  /** The one way to the end: frees the upstream, gives the connection its next turn, tells the owner. */
  settle(outcome: Outcome, keepAlive: boolean): void {
    const connection = this.#connection;
    this.state = "settled";
    this.#connection = null;
    this.upstream?.release(this);
    connection?.onExchangeOver(this);
    this.body?.release();
    this.tap?.onOver();
    this.owner.onSettled(this, outcome);
    if (outcome === "answered") this.#client.onExchangeOver(keepAlive);
    else if (outcome === "tunnel") this.#client.onTunnel();
  }

  #tapRequest(tap: BodyTap): void {
    this.#tapped = new TappedRequest(tap, this.head.headers.chunked);
    for (const piece of this.body?.kept ?? []) this.#tapped.take(piece);
    if (this.requestComplete) tap.onRequestEnd();
  }

  #tapPiece(tap: BodyTap, piece: Buffer): void {
    this.#tapped?.take(piece);
    if (this.requestComplete) tap.onRequestEnd();
  }

  #headText(): string {
    const { head, opener } = this;
    let lines = opener ? opener.request(head.headers.forward) : head.headers.forward;
    if (this.tap !== null && this.tap.keepsEncoding !== true)
      lines = withoutHeaders(lines, ["accept-encoding"]);
    const upgrade = head.webSocket ? "Connection: Upgrade\r\nUpgrade: websocket\r\n" : "";
    return `${head.method} ${head.target} HTTP/1.1\r\n${upgrade}${lines}${this.requestLines}\r\n`;
  }

  #detach(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.upstream?.release(this);
    // Paused because that upstream took no more; while it waits a client that leaves must be seen.
    if (this.state === "sent") this.#client.resumeBody();
    this.state = "waiting";
    connection?.onExchangeOver(this);
  }
}

const NOBODY: ExchangeOwner = {
  onAnswer() {},
  onUpstreamFailure(exchange) {
    exchange.cut();
  },
  onSettled() {},
  onTunnelOpened(tunnel) {
    tunnel.destroy();
  },
};
