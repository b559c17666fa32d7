// Makes a spliced tunnel of a WebSocket handshake that the engine lets through.

import type { ClientConnection } from "../../proxy/client-connection.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import type { TunnelOpener, TunnelPool } from "../../proxy/tunnel-opener.ts";
import type { UpstreamConnection } from "../../proxy/upstream-connection.ts";
import type { ProtocolChoice } from "../talk.ts";
import { type HopDeflate, SplicedHandshake } from "./spliced-handshake.ts";
import type { SpliceShared } from "./move-owner.ts";
import { SplicedTunnel } from "./spliced-tunnel.ts";

/** Null: the handshake is not as RFC 6455 wants it, and passes as it is. */
export function splicedOpener(
  head: RequestHead,
  choice: ProtocolChoice,
  shared: SpliceShared,
): TunnelOpener | null {
  const handshake = SplicedHandshake.of(head, shared.bounds.maxMessageBytes);
  return handshake && new SplicedOpener(handshake, choice, shared);
}

class SplicedOpener implements TunnelOpener {
  readonly #handshake: SplicedHandshake;
  readonly #choice: ProtocolChoice;
  readonly #shared: SpliceShared;
  #deflate: { client: HopDeflate; upstream: HopDeflate } = { client: null, upstream: null };

  constructor(handshake: SplicedHandshake, choice: ProtocolChoice, shared: SpliceShared) {
    this.#handshake = handshake;
    this.#choice = choice;
    this.#shared = shared;
  }

  request(lines: string): string {
    return this.#handshake.request(lines);
  }

  answer(head: ResponseHead): string | null {
    const accepted = this.#handshake.accept(head);
    if (accepted === null) return null;
    this.#deflate = accepted;
    return accepted.lines;
  }

  open(client: ClientConnection, upstream: UpstreamConnection, pool: TunnelPool): SplicedTunnel {
    return new SplicedTunnel({
      handshake: this.#handshake,
      choice: this.#choice,
      client,
      upstream,
      deflate: this.#deflate,
      register: pool.tunnels,
      shared: this.#shared,
    });
  }
}
