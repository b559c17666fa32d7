// A law for every protocol: whatever both sides say, nothing is thrown, and what a new upstream would hear is bounded.

import * as fc from "fast-check";
import { expect } from "vitest";
import {
  type Conversation,
  type Message,
  MOST_REMEMBERED_BYTES,
  type Protocol,
} from "../../src/splice/protocol.ts";

export const HANDSHAKE = { path: "/ws", query: new URLSearchParams(), subprotocol: null };
export const NOTHING = { client: null, upstream: null };

/** What is remembered, and what a message puts around it. */
const MOST_REPLAYED_BYTES = 2 * MOST_REMEMBERED_BYTES;

/** `likely`: messages as the protocol has them, which noise alone would hardly make. */
export function expectHarmless(protocol: Protocol, likely: fc.Arbitrary<Message>): void {
  const noise = fc.record({
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    isBinary: fc.boolean(),
  });
  const json = fc.json().map((text) => ({ data: Buffer.from(text), isBinary: false }));
  const message = fc.oneof(noise, json, { arbitrary: likely, weight: 4 });
  const said = fc.array(fc.tuple(fc.constantFrom("client", "upstream", "waiting", "replay"), message));
  fc.assert(
    fc.property(said, (messages) => {
      const conversation = protocol.start(HANDSHAKE);
      protocol.recognise(HANDSHAKE, NOTHING);
      let replay = conversation.replay();
      for (const [by, message] of messages) {
        protocol.recognise(HANDSHAKE, { client: message, upstream: message });
        if (by === "client") conversation.onClientMessage(message);
        if (by === "upstream") conversation.onUpstreamMessage(message);
        if (by === "waiting") conversation.whileWaiting(message);
        if (by === "replay") replay = conversation.replay();
        const steps = [replay.begin(), replay.onUpstreamMessage(message)];
        for (const { toUpstream } of steps) expect(bytesOf(toUpstream)).toBeLessThan(MOST_REPLAYED_BYTES);
        conversation.obstacle();
        conversation.heartbeat();
        conversation.farewell();
      }
    }),
    { numRuns: 300 },
  );
}

/**
 * The same for messages as large as may be, and exact: what `replayed` gives of a conversation is no more than may be
 * remembered.
 */
export function expectBounded(
  start: () => Conversation,
  replayed: (conversation: Conversation) => readonly Message[],
  message: fc.Arbitrary<Message>,
): void {
  const run = (messages: readonly Message[]): void => {
    const conversation = start();
    const replay = conversation.replay();
    replay.begin();
    for (const message of messages) {
      conversation.onClientMessage(message);
      conversation.whileWaiting(message);
      replay.onUpstreamMessage(message);
      conversation.onUpstreamMessage(message);
    }
    expect(bytesOf(replayed(conversation))).toBeLessThanOrEqual(MOST_REMEMBERED_BYTES);
    conversation.obstacle();
  };
  fc.assert(fc.property(fc.array(message, { maxLength: 40, size: "max" }), run), { numRuns: 60 });
}

function bytesOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { data }) => sum + data.length, 0);
}
