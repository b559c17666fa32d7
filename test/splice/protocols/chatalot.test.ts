import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonMessage, jsonOf } from "../../../src/splice/message.ts";
import type { Conversation, Message } from "../../../src/splice/protocol.ts";
import { chatalot } from "../../../src/splice/protocols/chatalot.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const USER = "018f3c1e-7a7b-7d7e-8f00-0123456789ab";
const GENERAL = "018f3c1e-7a7b-7d7e-8f00-000000000001";
const RANDOM = "018f3c1e-7a7b-7d7e-8f00-000000000002";

const AUTHENTICATE = jsonMessage({ type: "authenticate", token: "eyJ.x.y" });
const AUTHENTICATED = jsonMessage({ type: "authenticated", user_id: USER, server_version: "0.9.1" });
const UNAUTHORIZED = jsonMessage({ type: "error", code: "unauthorized", message: "invalid token" });
const IDLE = jsonMessage({ type: "update_presence", status: "idle" });
const TYPING = jsonMessage({ type: "typing", channel_id: GENERAL });

function subscribe(...ids: unknown[]): Message {
  return jsonMessage({ type: "subscribe", channel_ids: ids });
}

function known(...said: Message[]): Conversation {
  const conversation = chatalot.start(HANDSHAKE);
  conversation.onClientMessage(AUTHENTICATE);
  conversation.onUpstreamMessage(AUTHENTICATED);
  for (const message of said) conversation.onClientMessage(message);
  return conversation;
}

function behindAuthenticate(conversation: Conversation): unknown[] {
  return conversation.replay().onUpstreamMessage(AUTHENTICATED).toUpstream.map(jsonOf);
}

it("is recognised by the first messages of both sides", () => {
  const recognise = (client: Message | null, upstream: Message | null) =>
    chatalot.recognise(HANDSHAKE, { client, upstream });
  expect(chatalot.recognise(HANDSHAKE, NOTHING)).toBe("later");
  expect(recognise(AUTHENTICATE, null)).toBe("later");
  expect(recognise(AUTHENTICATE, AUTHENTICATED)).toBe("yes");
  expect(recognise(AUTHENTICATE, jsonMessage({ type: "authenticated" }))).toBe("no");
  expect(recognise(AUTHENTICATE, UNAUTHORIZED)).toBe("no");
  expect(recognise(TYPING, null)).toBe("no");
});

it("authenticates again, swallows the answer, and subscribes behind it to all at once", () => {
  const conversation = known(subscribe(GENERAL), subscribe(RANDOM, GENERAL), IDLE);
  const replay = conversation.replay();
  expect(replay.begin()).toEqual({ toUpstream: [AUTHENTICATE], toClient: [], state: "more" });
  const step = replay.onUpstreamMessage(AUTHENTICATED);
  expect(step.toClient).toEqual([]);
  expect(step.state).toBe("done");
  expect(step.toUpstream.map(jsonOf)).toEqual([
    { type: "subscribe", channel_ids: [RANDOM, GENERAL] },
    { type: "update_presence", status: "idle" },
  ]);
});

it("forgets all subscriptions with one unsubscribe, as the server does", () => {
  const unsubscribe = jsonMessage({ type: "unsubscribe", channel_ids: [GENERAL] });
  const conversation = known(subscribe(GENERAL, RANDOM), unsubscribe, subscribe(RANDOM));
  expect(behindAuthenticate(conversation)).toEqual([{ type: "subscribe", channel_ids: [RANDOM] }]);
});

it("passes over a subscribe that the server would not understand", () => {
  expect(behindAuthenticate(known(subscribe(GENERAL, 7), subscribe("x")))).toEqual([]);
});

it("fails where the token has run out", () => {
  const { state } = known().replay().onUpstreamMessage(UNAUTHORIZED);
  expect(state).toEqual({ failed: expect.any(String) });
});

it("answers pings while it waits, drops what is over by then, and keeps the rest", () => {
  const conversation = known();
  const ping = conversation.whileWaiting(jsonMessage({ type: "ping", timestamp: 17 }));
  expect(ping.keep).toBe(false);
  expect(ping.answers.map(jsonOf)).toEqual([{ type: "pong", timestamp: 17 }]);
  expect(conversation.whileWaiting(TYPING)).toEqual({ keep: false, answers: [] });
  expect(conversation.whileWaiting(subscribe(GENERAL)).keep).toBe(true);
});

it("says pong by itself more often than a client waits for it", () => {
  expect(known().heartbeat()?.everyMs).toBeLessThan(45_000);
  expect(chatalot.start(HANDSHAKE).heartbeat()).toBeNull();
});

it("cannot be moved before it is let in, or in a call", () => {
  const conversation = chatalot.start(HANDSHAKE);
  expect(conversation.obstacle()).toBeNull();
  expect(conversation.replay().begin().state).toBe("done");
  conversation.onClientMessage(AUTHENTICATE);
  expect(conversation.obstacle()).toMatch(/let the client in/);
  expect(conversation.unfinished?.()).toBe("upstream");
  conversation.onUpstreamMessage(AUTHENTICATED);
  expect(conversation.obstacle()).toBeNull();
  conversation.onClientMessage(jsonMessage({ type: "join_voice", channel_id: GENERAL }));
  expect(conversation.obstacle()).toMatch(/call/);
  conversation.onClientMessage(jsonMessage({ type: "leave_voice", channel_id: GENERAL }));
  expect(conversation.obstacle()).toBeNull();
});

it("cannot be moved with more subscriptions than are remembered", () => {
  const many = Array.from(
    { length: 2000 },
    (_, at) => `018f3c1e-7a7b-7d7e-8f00-${String(at).padStart(12, "0")}`,
  );
  expect(known(subscribe(...many)).obstacle()).toMatch(/64 KiB/);
});

it("throws at nothing", () => {
  const said = fc.constantFrom(AUTHENTICATE, AUTHENTICATED, UNAUTHORIZED, IDLE, TYPING);
  expectHarmless(
    chatalot,
    fc.oneof(
      said,
      fc.array(fc.uuid()).map((ids) => subscribe(...ids)),
    ),
  );
});
