import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonMessage, textMessage } from "../../../src/splice/message.ts";
import type { Conversation } from "../../../src/splice/protocol.ts";
import { firstMessage } from "../../../src/splice/protocols/first-message.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const GREETING = jsonMessage({ type: "hello", version: "1" });
const AUTH = jsonMessage({ type: "auth", token: "t" });
const WELCOME = jsonMessage({ type: "welcome", user: "ann" });
const REFUSAL = jsonMessage({ type: "error", code: "unauthorized" });

function known({ greeted }: { greeted: boolean }): Conversation {
  const conversation = firstMessage.start(HANDSHAKE);
  if (greeted) conversation.onUpstreamMessage(GREETING);
  conversation.onClientMessage(AUTH);
  conversation.onUpstreamMessage(WELCOME);
  conversation.onClientMessage(textMessage("hello"));
  return conversation;
}

it("is never recognised, because more than the first message may count", () => {
  expect(firstMessage.recognise(HANDSHAKE, NOTHING)).toBe("no");
  expect(firstMessage.recognise(HANDSHAKE, { client: AUTH, upstream: WELCOME })).toBe("no");
});

it("says the first message again, and swallows the answer", () => {
  const replay = known({ greeted: false }).replay();
  expect(replay.begin()).toEqual({ toUpstream: [AUTH], toClient: [], state: "more" });
  const answer = jsonMessage({ type: "welcome", user: "ann", version: "2" });
  expect(replay.onUpstreamMessage(answer)).toEqual({ toUpstream: [], toClient: [], state: "done" });
});

it("swallows a greeting, too, where there was one", () => {
  const replay = known({ greeted: true }).replay();
  replay.begin();
  expect(replay.onUpstreamMessage(GREETING).state).toBe("more");
  expect(replay.onUpstreamMessage(WELCOME).state).toBe("done");
});

it("fails at an answer of another kind: a refusal, or a greeting that the old upstream did not have", () => {
  const conversation = known({ greeted: false });
  expect(conversation.replay().onUpstreamMessage(REFUSAL).state).toEqual({ failed: expect.any(String) });
  expect(conversation.replay().onUpstreamMessage(GREETING).state).toEqual({ failed: expect.any(String) });
  expect(conversation.replay().onUpstreamMessage({ ...WELCOME, isBinary: true }).state).not.toBe("done");
});

it("cannot be moved between the first message and its answer, and says whose message would end that", () => {
  const conversation = firstMessage.start(HANDSHAKE);
  conversation.onClientMessage(AUTH);
  expect(conversation.obstacle()).toMatch(/answered/);
  expect(conversation.unfinished?.()).toBe("upstream");
  conversation.onUpstreamMessage(WELCOME);
  expect(conversation.obstacle()).toBeNull();
  expect(conversation.unfinished?.()).toBeNull();
});

it("moves freely while nobody has spoken, but not once the upstream alone has", () => {
  const conversation = firstMessage.start(HANDSHAKE);
  expect(conversation.obstacle()).toBeNull();
  expect(conversation.replay().begin().state).toBe("done");
  conversation.onUpstreamMessage(GREETING);
  expect(conversation.obstacle()).toMatch(/who it is/);
});

it("cannot be moved with a first message too large to keep", () => {
  const conversation = firstMessage.start(HANDSHAKE);
  conversation.onClientMessage(textMessage("x".repeat(65_537)));
  conversation.onUpstreamMessage(WELCOME);
  expect(conversation.obstacle()).toMatch(/64 KiB/);
});

it("throws at nothing", () => {
  expectHarmless(firstMessage, fc.constantFrom(AUTH, WELCOME, GREETING, REFUSAL));
});
