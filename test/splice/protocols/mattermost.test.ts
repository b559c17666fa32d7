import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonMessage, jsonOf, textMessage } from "../../../src/splice/message.ts";
import type { Conversation, Message } from "../../../src/splice/protocol.ts";
import { mattermost } from "../../../src/splice/protocols/mattermost.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const CHALLENGE = jsonMessage({ action: "authentication_challenge", seq: 1, data: { token: "t" } });
const OK = jsonMessage({ status: "OK", seq_reply: 1 });
const POSTED = jsonMessage({ event: "posted", data: {}, broadcast: {}, seq: 4 });

function hello(connection: string): Message {
  return jsonMessage({ event: "hello", data: { connection_id: connection }, broadcast: {}, seq: 0 });
}

function looksAt(data: object, seq: number): Message {
  return jsonMessage({ action: "presence", seq, data });
}

function action(name: string): Message {
  return jsonMessage({ action: name, seq: 7, data: {} });
}

function byCookie(): Conversation {
  const conversation = mattermost.start(HANDSHAKE);
  conversation.onUpstreamMessage(hello("a"));
  return conversation;
}

function byToken(): Conversation {
  const conversation = mattermost.start(HANDSHAKE);
  conversation.onClientMessage(CHALLENGE);
  conversation.onUpstreamMessage(OK);
  conversation.onUpstreamMessage(hello("a"));
  return conversation;
}

it("is recognised by its path, under a prefix, too", () => {
  const at = (path: string) => mattermost.recognise({ ...HANDSHAKE, path }, NOTHING);
  expect(at("/api/v4/websocket")).toBe("yes");
  expect(at("/chat/api/v4/websocket")).toBe("yes");
  expect(at("/api/v3/websocket")).toBe("no");
});

it("asks for a new connection where the client had asked to resume one", () => {
  const query = new URLSearchParams("connection_id=abc&sequence_number=17&posted_ack=true");
  const redialled = mattermost.redialQuery?.({ ...HANDSHAKE, query });
  expect(String(redialled)).toBe("connection_id=&sequence_number=0&posted_ack=true");
  const fresh = new URLSearchParams("connection_id=&sequence_number=0");
  expect(mattermost.redialQuery?.({ ...HANDSHAKE, query: fresh })).toBeNull();
});

it("forwards the new hello, which makes the client fetch what it missed", () => {
  const replay = byCookie().replay();
  expect(replay.begin()).toEqual({ toUpstream: [], toClient: [], state: "more" });
  const step = replay.onUpstreamMessage(hello("b"));
  expect(step).toEqual({ toUpstream: [], toClient: [hello("b")], state: "done" });
});

it("says the token again, and swallows the answer to it", () => {
  const replay = byToken().replay();
  expect(replay.begin().toUpstream).toEqual([CHALLENGE]);
  expect(replay.onUpstreamMessage(OK)).toEqual({ toUpstream: [], toClient: [], state: "more" });
  expect(replay.onUpstreamMessage(hello("b")).state).toBe("done");
});

it("fails where the new upstream refuses the token, or goes on with an old connection", () => {
  const refused = jsonMessage({ status: "FAIL", error: { id: "x" }, seq_reply: 1 });
  expect(byToken().replay().onUpstreamMessage(refused).state).toEqual({ failed: expect.any(String) });
  expect(byCookie().replay().onUpstreamMessage(POSTED).state).toEqual({ failed: expect.any(String) });
});

it("tells the new upstream what the client looks at, the last of each", () => {
  const conversation = byCookie();
  conversation.onClientMessage(looksAt({ channel_id: "c1" }, 2));
  conversation.onClientMessage(looksAt({ team_id: "t1" }, 3));
  conversation.onClientMessage(looksAt({ channel_id: "c2" }, 4));
  const { toUpstream } = conversation.replay().onUpstreamMessage(hello("b"));
  expect(toUpstream).toEqual([looksAt({ team_id: "t1" }, 3), looksAt({ channel_id: "c2" }, 4)]);
});

it("answers pings while it waits, drops what is over by then, and keeps the rest", () => {
  const conversation = byCookie();
  const ping = conversation.whileWaiting(jsonMessage({ action: "ping", seq: 9 }));
  expect(ping.keep).toBe(false);
  expect(ping.answers.map(jsonOf)).toEqual([{ status: "OK", data: { text: "pong" }, seq_reply: 9 }]);
  expect(conversation.whileWaiting(action("user_typing"))).toEqual({ keep: false, answers: [] });
  expect(conversation.whileWaiting(action("get_statuses")).keep).toBe(true);
});

it("cannot be moved before it is greeted, in a call, or once a plugin was spoken with", () => {
  const conversation = mattermost.start(HANDSHAKE);
  expect(conversation.obstacle()).toBeNull();
  conversation.onClientMessage(CHALLENGE);
  expect(conversation.obstacle()).toMatch(/does not know/);
  expect(conversation.unfinished?.()).toBe("upstream");
  conversation.onUpstreamMessage(hello("a"));
  expect(conversation.obstacle()).toBeNull();
  conversation.onClientMessage(action("custom_com.mattermost.calls_join"));
  expect(conversation.obstacle()).toMatch(/call/);
  conversation.onClientMessage(action("custom_com.mattermost.calls_leave"));
  expect(conversation.obstacle()).toBeNull();
  conversation.onClientMessage({ ...textMessage("sdp"), isBinary: true });
  expect(conversation.obstacle()).toMatch(/plugin/);
});

it("throws at nothing", () => {
  const likely = fc.constantFrom(CHALLENGE, OK, POSTED, hello("a"), looksAt({ channel_id: "c" }, 3));
  expectHarmless(mattermost, likely);
});
