import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import type { Conversation, Message } from "../../../src/splice/protocol.ts";
import { signalr } from "../../../src/splice/protocols/signalr.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const OPENING = textMessage('{"protocol":"json","version":1}\x1e');
const ANSWER = textMessage("{}\x1e");
const CLOSE = textMessage('{"type":7,"allowReconnect":true}\x1e');
const WITHOUT_WORDS = { messages: [], code: 1012, reason: "service restart" };

function recognise(client: Message) {
  return signalr.recognise(HANDSHAKE, { client, upstream: null });
}

function opened(hubProtocol: string): Conversation {
  const conversation = signalr.start(HANDSHAKE);
  conversation.onClientMessage(textMessage(`{"protocol":"${hubProtocol}","version":1}\x1e`));
  conversation.onUpstreamMessage(ANSWER);
  return conversation;
}

it("is recognised by the client's first message, text or binary, with others behind it", () => {
  expect(signalr.recognise(HANDSHAKE, NOTHING)).toBe("later");
  expect(recognise(OPENING)).toBe("yes");
  expect(recognise({ ...OPENING, isBinary: true })).toBe("yes");
  expect(recognise(textMessage('{"protocol":"json","version":2}\x1e{"type":6}\x1e'))).toBe("yes");
  expect(recognise(textMessage('{"protocol":"json","version":1}'))).toBe("no");
  expect(recognise(textMessage('{"type":6}\x1e'))).toBe("no");
});

it("is not recognised by a query with an id, which many apps have", () => {
  const handshake = { ...HANDSHAKE, query: new URLSearchParams({ id: "tokenOfAConnection" }) };
  expect(signalr.recognise(handshake, { client: textMessage("hello"), upstream: null })).toBe("no");
});

it("is never moved; its client may reconnect, and is told so", () => {
  const conversation = opened("json");
  conversation.onClientMessage(textMessage('{"type":1,"target":"Send","arguments":["x"]}\x1e'));
  expect(conversation.obstacle()).toMatch(/process/);
  expect(conversation.farewell()).toEqual({ ...WITHOUT_WORDS, messages: [CLOSE] });
});

it("is told so in MessagePack where the hub speaks it", () => {
  const [message] = opened("messagepack").farewell().messages;
  // As @microsoft/signalr-protocol-msgpack writes [7, null, true].
  expect(message).toEqual({ data: Buffer.from("049307c0c3", "hex"), isBinary: true });
  expect(opened("blazorpack").farewell().messages).toEqual([message]);
});

it("is closed without words before the opening is answered, or in an unknown hub protocol", () => {
  const conversation = signalr.start(HANDSHAKE);
  expect(conversation.farewell()).toEqual(WITHOUT_WORDS);
  conversation.onClientMessage(OPENING);
  expect(conversation.farewell()).toEqual(WITHOUT_WORDS);
  expect(opened("protobuf").farewell()).toEqual(WITHOUT_WORDS);
});

it("throws at nothing", () => expectHarmless(signalr, fc.constantFrom(OPENING, ANSWER, CLOSE)));
