import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import { plain } from "../../../src/splice/protocols/plain.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const HELLO = textMessage("hello");

it("is never recognised, because anything may hang on a connection", () => {
  expect(plain.recognise(HANDSHAKE, NOTHING)).toBe("no");
  expect(plain.recognise(HANDSHAKE, { client: HELLO, upstream: HELLO })).toBe("no");
});

it("moves with nothing to say, keeps all that the client says, and has no heartbeat", () => {
  const conversation = plain.start(HANDSHAKE);
  conversation.onClientMessage(HELLO);
  conversation.onUpstreamMessage(HELLO);
  expect(conversation.obstacle()).toBeNull();
  expect(conversation.replay().begin()).toEqual({ toUpstream: [], toClient: [], state: "done" });
  expect(conversation.whileWaiting(HELLO)).toEqual({ keep: true, answers: [] });
  expect(conversation.heartbeat()).toBeNull();
});

it("throws at nothing", () => expectHarmless(plain, fc.constant(HELLO)));
