import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import { sockjs } from "../../../src/splice/protocols/sockjs.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const OPEN = textMessage("o");

function recognise(path: string, upstream = NOTHING.upstream as typeof OPEN | null) {
  return sockjs.recognise({ ...HANDSHAKE, path }, { client: null, upstream });
}

it("is recognised by the path that sockjs-client makes", () => {
  expect(recognise("/echo/510/lr15c04s/websocket")).toBe("yes");
  expect(recognise("/chat/stomp/007/abcdefgh/websocket")).toBe("yes");
});

it("is recognised by its first message where the app has chosen the server's name", () => {
  expect(recognise("/echo/eu-west/lr15c04s/websocket")).toBe("later");
  expect(recognise("/echo/eu-west/lr15c04s/websocket", OPEN)).toBe("yes");
  expect(recognise("/echo/eu-west/lr15c04s/websocket", textMessage("hello"))).toBe("no");
});

it("leaves the raw endpoint, and other paths, alone", () => {
  expect(recognise("/echo/websocket")).toBe("no");
  expect(recognise("/websocket")).toBe("no");
  expect(recognise("/ws")).toBe("no");
});

it("is never moved; its client hears of the end as of a server's", () => {
  const conversation = sockjs.start(HANDSHAKE);
  conversation.onUpstreamMessage(OPEN);
  conversation.onClientMessage(textMessage('["hello"]'));
  expect(conversation.obstacle()).toMatch(/session/);
  expect(conversation.replay().begin().state).toEqual({ failed: expect.any(String) });
  expect(conversation.farewell()).toEqual({ messages: [], code: 1012, reason: "service restart" });
});

it("throws at nothing", () => {
  expectHarmless(sockjs, fc.constantFrom(OPEN, textMessage("h"), textMessage('a["x"]')));
});
