// What a Phoenix client hears, and how it is kept alive, while it has no upstream.

import { expect, it } from "vitest";
import { jsonMessage, jsonOf } from "../../../src/splice/message.ts";
import { phoenix } from "../../../src/splice/protocols/phoenix.ts";

const HANDSHAKE = { path: "/socket/websocket", query: new URLSearchParams("vsn=2.0.0"), subprotocol: null };
const PUSHED_FILE = Buffer.concat([Buffer.from([0, 1, 1, 6, 4]), Buffer.from("05room:1file\u0001\u0002")]);

const heartbeat = jsonMessage([null, "4", "phoenix", "heartbeat", {}]);
const answer = [null, "4", "phoenix", "phx_reply", { status: "ok", response: {} }];

it("heartbeats are answered while there is no upstream; all else is kept", () => {
  const conversation = phoenix.start(HANDSHAKE);
  const { keep, answers } = conversation.whileWaiting(heartbeat);
  expect({ keep, answers: answers.map(jsonOf) }).toEqual({ keep: false, answers: [answer] });
  expect(conversation.whileWaiting(jsonMessage(["0", "5", "room:1", "shout", {}])).keep).toBe(true);
  expect(conversation.whileWaiting({ data: PUSHED_FILE, isBinary: true }).keep).toBe(true);
  expect(conversation.heartbeat()).toBeNull();
});

it("heartbeats that the old upstream left unanswered are answered", () => {
  const conversation = phoenix.start(HANDSHAKE);
  conversation.onClientMessage(heartbeat);
  expect(jsonOf(conversation.heartbeat()?.message ?? heartbeat)).toEqual(answer);
  expect(conversation.replay().begin().toClient.map(jsonOf)).toEqual([answer]);
  expect(conversation.heartbeat()).toBeNull();
});

it("heartbeats that were answered are not answered again", () => {
  const conversation = phoenix.start(HANDSHAKE);
  conversation.onClientMessage(heartbeat);
  conversation.onUpstreamMessage(jsonMessage(answer));
  expect(conversation.replay().begin().toClient).toEqual([]);
});
