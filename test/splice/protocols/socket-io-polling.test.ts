// A default socket.io-client: it opens by long-polling, joins there, and its WebSocket takes over.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textMessage, textOf } from "../../../src/splice/message.ts";
import type { Conversation } from "../../../src/splice/protocol.ts";
import { socketIoWith } from "../../../src/splice/protocols/socket-io.ts";
import { PolledSessions } from "../../../src/splice/protocols/socket-io-polling.ts";

const SEPARATOR = "\x1e";
const NEW_OPEN = '0{"sid":"new","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

function open(sid: string): string {
  return `0{"sid":"${sid}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`;
}

function tunnel(polled: PolledSessions, sid: string): Conversation {
  const query = new URLSearchParams({ EIO: "4", transport: "websocket", sid });
  return socketIoWith({}, polled).start({ path: "/socket.io/", query, subprotocol: null });
}

function connects(conversation: Conversation): (string | null)[] {
  return conversation.replay().onUpstreamMessage(textMessage(NEW_OPEN)).toUpstream.map(textOf);
}

it("a client that joined by long-polling can be moved once its WebSocket has taken over", () => {
  const polled = new PolledSessions();
  polled.opened(open("s1"));
  polled.posted("s1", `40{"token":"abc"}${SEPARATOR}40/admin,`);
  polled.answered("s1", '40{"sid":"x"}');
  const conversation = tunnel(polled, "s1");
  conversation.onClientMessage(textMessage("2probe"));
  conversation.onUpstreamMessage(textMessage("3probe"));
  polled.answered("s1", `40/admin,{"sid":"y"}${SEPARATOR}6`);
  expect(conversation.obstacle()).toMatch(/not complete/);
  conversation.onClientMessage(textMessage("5"));
  expect(conversation.obstacle()).toBeNull();
  expect(conversation.heartbeat()?.everyMs).toBe(10_000);
  expect(connects(conversation)).toEqual(['40{"token":"abc"}', "40/admin,"]);
});

it("an acknowledgement that was asked for by long-polling may come through the tunnel", () => {
  const polled = new PolledSessions();
  polled.opened(open("s2"));
  polled.posted("s2", `40${SEPARATOR}451-7["file",{"_placeholder":true,"num":0}]${SEPARATOR}bAQID`);
  const conversation = tunnel(polled, "s2");
  conversation.onClientMessage(textMessage("5"));
  expect(conversation.obstacle()).toMatch(/acknowledgements of 1 /);
  conversation.onUpstreamMessage(textMessage("437[]"));
  expect(conversation.obstacle()).toBeNull();
});

it("a session that was forgotten or never seen is not moved", () => {
  const polled = new PolledSessions();
  polled.opened(open("s1"));
  polled.posted("s1", "40");
  polled.forget("s1");
  polled.posted("s1", "40");
  for (const sid of ["s1", "unseen"]) {
    const conversation = tunnel(polled, sid);
    conversation.onClientMessage(textMessage("5"));
    expect(conversation.obstacle()).toMatch(/were not recorded/);
  }
});

it("a move waits for the end of the client's upgrade, unless it cannot be moved then either", () => {
  const polled = new PolledSessions();
  polled.opened(open("s1"));
  const conversation = tunnel(polled, "s1");
  conversation.onClientMessage(textMessage("2probe"));
  expect(conversation.unfinished?.()).toBe("client");
  conversation.onClientMessage(textMessage("5"));
  expect(conversation.unfinished?.()).toBeNull();
  expect(tunnel(polled, "unseen").unfinished?.()).toBeNull();
});

it("a session that is forgotten while its tunnel takes over is not moved: something may be said unheard", () => {
  const polled = new PolledSessions();
  polled.opened(open("s1"));
  polled.posted("s1", "40");
  const conversation = tunnel(polled, "s1");
  conversation.onClientMessage(textMessage("2probe"));
  polled.forget("s1");
  conversation.onClientMessage(textMessage("5"));
  expect(conversation.obstacle()).toMatch(/were not recorded/);
});

it("a session that is forgotten when its tunnel has taken over can be moved", () => {
  const polled = new PolledSessions();
  polled.opened(open("s1"));
  polled.posted("s1", "40");
  const conversation = tunnel(polled, "s1");
  conversation.onClientMessage(textMessage("5"));
  polled.forget("s1");
  expect(conversation.obstacle()).toBeNull();
  expect(connects(conversation)).toEqual(["40"]);
});

it("an opening tells the session's id", () => {
  const polled = new PolledSessions();
  expect(polled.opened(open("s1"))).toBe("s1");
  for (const body of ["", "ok", '0{"sid":7}', '4{"sid":"s1"}', `0{"sid":"${"x".repeat(257)}"}`]) {
    expect(polled.opened(body)).toBeNull();
  }
});

it("of too many sessions the oldest are forgotten", () => {
  const polled = new PolledSessions();
  for (let count = 0; count <= 2000; count += 1) polled.opened(open(`s${count}`));
  expect(polled.of("s0")).toBeNull();
  expect(polled.of("s1")).not.toBeNull();
});

it("any body is taken without an error", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (first, second) => {
      const polled = new PolledSessions();
      polled.opened(first);
      polled.opened(open("s"));
      polled.posted("s", second);
      polled.answered("s", first);
      expect(polled.of("s")).not.toBeNull();
    }),
  );
});
