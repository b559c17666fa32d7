import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonMessage, textMessage } from "../../../src/splice/message.ts";
import type { Conversation, Message } from "../../../src/splice/protocol.ts";
import { type CustomSettings, customProtocol } from "../../../src/splice/protocols/custom.ts";
import { expectHarmless, HANDSHAKE } from "../harmless.ts";

const NOTHING: CustomSettings = { replay: null, swallow: null, heartbeat: null };
const BY_FIRST: CustomSettings = { ...NOTHING, replay: { first: 1 }, swallow: { first: 2 } };
const BY_MATCH: CustomSettings = {
  ...NOTHING,
  replay: { match: '*"op":"join"*' },
  swallow: { match: '*"op":"joined"*' },
};

const LOGIN = textMessage("LOGIN ann");
const WELCOME = textMessage("WELCOME");
const OK = textMessage("OK");
const NEWS = textMessage("NEWS");

function join(room: string): Message {
  return jsonMessage({ op: "join", room });
}

function joined(room: string): Message {
  return jsonMessage({ op: "joined", room });
}

function start(settings: CustomSettings): Conversation {
  return customProtocol(settings).start(HANDSHAKE);
}

it("says the first message again, and swallows as many as the operator says", () => {
  const conversation = start(BY_FIRST);
  conversation.onUpstreamMessage(WELCOME);
  conversation.onClientMessage(LOGIN);
  conversation.onUpstreamMessage(OK);
  conversation.onUpstreamMessage(NEWS);
  conversation.onClientMessage(textMessage("hello"));
  const replay = conversation.replay();
  expect(replay.begin()).toEqual({ toUpstream: [LOGIN], toClient: [], state: "more" });
  expect(replay.onUpstreamMessage(WELCOME)).toEqual({ toUpstream: [], toClient: [], state: "more" });
  expect(replay.onUpstreamMessage(OK)).toEqual({ toUpstream: [], toClient: [], state: "done" });
});

it("swallows no more than the client has had: an answer that is due goes on to it", () => {
  const conversation = start(BY_FIRST);
  conversation.onUpstreamMessage(WELCOME);
  conversation.onClientMessage(LOGIN);
  const replay = conversation.replay();
  expect(replay.begin().state).toBe("more");
  expect(replay.onUpstreamMessage(WELCOME).state).toBe("done");
});

it("is done at once where nothing is to be swallowed", () => {
  const conversation = start({ ...NOTHING, replay: { first: 1 } });
  conversation.onClientMessage(LOGIN);
  conversation.onUpstreamMessage(OK);
  expect(conversation.replay().begin()).toEqual({ toUpstream: [LOGIN], toClient: [], state: "done" });
});

it("says each matching message again once, at its last place", () => {
  const conversation = start(BY_MATCH);
  for (const room of ["a", "b", "a"]) conversation.onClientMessage(join(room));
  conversation.onClientMessage(textMessage("other"));
  expect(conversation.replay().begin().toUpstream).toEqual([join("b"), join("a")]);
});

it("swallows one matching answer for each, and passes on what comes between", () => {
  const conversation = start(BY_MATCH);
  for (const room of ["a", "b"]) {
    conversation.onClientMessage(join(room));
    conversation.onUpstreamMessage(joined(room));
  }
  conversation.onUpstreamMessage(joined("c"));
  const replay = conversation.replay();
  expect(replay.begin().state).toBe("more");
  expect(replay.onUpstreamMessage(joined("a"))).toEqual({ toUpstream: [], toClient: [], state: "more" });
  expect(replay.onUpstreamMessage(NEWS)).toEqual({ toUpstream: [], toClient: [NEWS], state: "more" });
  expect(replay.onUpstreamMessage(joined("b"))).toEqual({ toUpstream: [], toClient: [], state: "done" });
});

it("counts anew in each try", () => {
  const conversation = start(BY_FIRST);
  conversation.onClientMessage(LOGIN);
  conversation.onUpstreamMessage(OK);
  const first = conversation.replay();
  first.begin();
  first.onUpstreamMessage(OK);
  const second = conversation.replay();
  expect(second.begin().state).toBe("more");
  expect(second.onUpstreamMessage(OK)).toEqual({ toUpstream: [], toClient: [], state: "done" });
});

it("matches neither binary messages nor texts over 64 KiB", () => {
  const conversation = start(BY_MATCH);
  conversation.onClientMessage({ ...join("a"), isBinary: true });
  conversation.onClientMessage(join("x".repeat(64 * 1024)));
  expect(conversation.replay().begin().toUpstream).toEqual([]);
  expect(conversation.obstacle()).toBeNull();
});

it("cannot be moved with more messages than are remembered, in bytes or in number", () => {
  const large = start({ ...NOTHING, replay: { first: 1 } });
  large.onClientMessage(textMessage("x".repeat(65_537)));
  expect(large.obstacle()).toMatch(/64 KiB/);
  const many = start(BY_MATCH);
  for (let room = 0; room < 257; room += 1) many.onClientMessage(join(String(room)));
  expect(many.obstacle()).toMatch(/256 messages/);
});

it("has the heartbeat that is described", () => {
  const settings = { ...NOTHING, heartbeat: { everyMs: 5000, message: "♥" } };
  expect(start(settings).heartbeat()).toEqual({ everyMs: 5000, message: textMessage("♥") });
  expect(start(NOTHING).heartbeat()).toBeNull();
});

it("throws at nothing", () => {
  const likely = fc.oneof(fc.string().map(join), fc.string().map(joined), fc.constant(OK));
  expectHarmless(customProtocol(BY_MATCH), likely);
  expectHarmless(customProtocol({ ...BY_FIRST, replay: { first: 3 } }), likely);
});
