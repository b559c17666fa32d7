// The opening handshake of a spliced tunnel: the client's own, kept so that it can be made again, with compression
// agreed on hop by hop.
//
// The upstream is offered permessage-deflate when the client offers it, and the client is granted it when the upstream
// agrees: that is the app's decision. What the next upstream agrees to is a matter of that hop.

import { createHash } from "node:crypto";
import { withoutHeaders } from "../../proxy/connection-tokens.ts";
import { HeaderCursor } from "../../proxy/header-cursor.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import type { Handshake, Protocol } from "../protocol.ts";
import { extension, PerMessageDeflate } from "./ws-parts.ts";

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const EXTENSIONS = "sec-websocket-extensions";
const DEFLATE = PerMessageDeflate.extensionName;

const cursor = new HeaderCursor();

/** How one hop compresses; null: it does not. */
export type HopDeflate = PerMessageDeflate | null;

interface Grant {
  readonly deflate: PerMessageDeflate;
  readonly params: Record<string, string | number | true>;
}

export class SplicedHandshake {
  readonly head: RequestHead;
  readonly #maxMessageBytes: number;
  readonly #offersDeflate: boolean;
  /** What the client's offer comes to, until the first upstream has answered. */
  #grant: Grant | null;
  #subprotocol: string | null = null;

  private constructor(head: RequestHead, maxMessageBytes: number) {
    this.head = head;
    this.#maxMessageBytes = maxMessageBytes;
    this.#grant = grantOf(head, maxMessageBytes);
    this.#offersDeflate = this.#grant !== null;
  }

  /** Null: it is not as RFC 6455 wants it. What becomes of it is for the app to say. */
  static of(head: RequestHead, maxMessageBytes: number): SplicedHandshake | null {
    const isSound = KEY.test(head.header("sec-websocket-key") ?? "");
    if (!isSound || head.header("sec-websocket-version") !== "13") return null;
    return new SplicedHandshake(head, maxMessageBytes);
  }

  /** As far as a protocol shows in it. Complete once an upstream has answered. */
  get seen(): Handshake {
    const { target, path } = this.head;
    return { path, query: new URLSearchParams(target.slice(path.length)), subprotocol: this.#subprotocol };
  }

  /** The lines for an upstream. */
  request(lines: string): string {
    const plain = withoutHeaders(lines, [EXTENSIONS]);
    if (!this.#offersDeflate) return plain;
    return `${plain}Sec-WebSocket-Extensions: ${extension.format({ [DEFLATE]: this.#makeOffer().offer() })}\r\n`;
  }

  /** The whole handshake, for another upstream. */
  again(protocol: Protocol | null): string {
    const { head } = this;
    const query = protocol?.redialQuery?.(this.seen) ?? null;
    const target = query === null ? head.target : `${head.path}?${query.toString()}`;
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    return `GET ${target} HTTP/1.1\r\n${upgrade}${this.request(head.headers.forward)}\r\n`;
  }

  /**
   * The first upstream's 101: what the client gets of it, and how each hop compresses. Null: it agrees to what nobody
   * offered.
   */
  accept(answer: ResponseHead): { lines: string; client: HopDeflate; upstream: HopDeflate } | null {
    const upstream = this.#agreed(answer);
    if (upstream === undefined) return null;
    this.#subprotocol = headerOf(answer, "sec-websocket-protocol") ?? null;
    const lines = withoutHeaders(answer.block, [EXTENSIONS]);
    const client = upstream === null ? null : this.#grant;
    this.#grant = null;
    if (client === null) return { lines, client, upstream };
    const granted = extension.format({ [DEFLATE]: client.params });
    return {
      lines: `${lines}Sec-WebSocket-Extensions: ${granted}\r\n`,
      client: client.deflate,
      upstream,
    };
  }

  /** Another upstream's 101; or why the client cannot go on there. */
  acceptAgain(answer: ResponseHead): { deflate: HopDeflate } | { problem: string } {
    if (headerOf(answer, "sec-websocket-accept") !== this.#expectedAccept) {
      return { problem: "answered with a wrong Sec-WebSocket-Accept" };
    }
    const subprotocol = headerOf(answer, "sec-websocket-protocol") ?? null;
    if (subprotocol !== this.#subprotocol) {
      return {
        problem: `chose the subprotocol ${subprotocol ?? "(none)"} instead of ${this.#subprotocol ?? "(none)"}`,
      };
    }
    const deflate = this.#agreed(answer);
    return deflate === undefined
      ? { problem: "agreed to a WebSocket extension that was not offered" }
      : { deflate };
  }

  get #expectedAccept(): string {
    const key = this.head.header("sec-websocket-key") ?? "";
    return createHash("sha1")
      .update(key + GUID)
      .digest("base64");
  }

  #makeOffer(): PerMessageDeflate {
    return new PerMessageDeflate({ isServer: false, maxPayload: this.#maxMessageBytes });
  }

  /** Undefined: what the upstream agrees to was not offered. */
  #agreed(answer: ResponseHead): HopDeflate | undefined {
    const agreed = headerOf(answer, EXTENSIONS);
    if (agreed === undefined) return null;
    if (!this.#offersDeflate) return undefined;
    try {
      const { [DEFLATE]: configurations, ...others } = extension.parse(agreed);
      if (configurations === undefined || Object.keys(others).length > 0) return undefined;
      const deflate = this.#makeOffer();
      deflate.accept(configurations);
      return deflate;
    } catch {
      return undefined;
    }
  }
}

/** What the client's offer comes to; null: it offers nothing that we can do. */
function grantOf(head: RequestHead, maxMessageBytes: number): Grant | null {
  const offered = head.header(EXTENSIONS);
  if (offered === undefined) return null;
  try {
    const offers = extension.parse(offered)[DEFLATE];
    if (offers === undefined) return null;
    const deflate = new PerMessageDeflate({ isServer: true, maxPayload: maxMessageBytes });
    return { deflate, params: deflate.accept(offers) };
  } catch {
    return null;
  }
}

function headerOf(answer: ResponseHead, name: string): string | undefined {
  cursor.begin(`${answer.block}\r\n`, 0);
  while (cursor.next()) if (cursor.name() === name) return cursor.value();
  return undefined;
}
