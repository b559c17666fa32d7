import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonMessage, jsonOf, textMessage } from "../../../src/splice/message.ts";
import { type Conversation, type Message, MOST_REMEMBERED_BYTES } from "../../../src/splice/protocol.ts";
import { actioncable } from "../../../src/splice/protocols/actioncable.ts";
import { expectBounded } from "../harmless.ts";

const HANDSHAKE = { path: "/cable", query: new URLSearchParams(), subprotocol: "actioncable-v1-json" };
const NOTHING = { client: null, upstream: null };

// Identifiers as @rails/actioncable makes them: the parameters as a JSON text.
const ROOM = '{"channel":"RoomChannel","id":1}';
const USER = '{"channel":"UserChannel"}';
const WELCOME = jsonMessage({ type: "welcome" });

function subscribe(identifier: string): Message {
  return jsonMessage({ command: "subscribe", identifier });
}

function unsubscribe(identifier: string): Message {
  return jsonMessage({ command: "unsubscribe", identifier });
}

function say(identifier: string): Message {
  return jsonMessage({ command: "message", identifier, data: '{"body":"hello","action":"speak"}' });
}

function confirm(identifier: string): Message {
  return jsonMessage({ identifier, type: "confirm_subscription" });
}

function reject(identifier: string): Message {
  return jsonMessage({ identifier, type: "reject_subscription" });
}

function subscribed(...identifiers: string[]): Conversation {
  const conversation = actioncable.start(HANDSHAKE);
  conversation.onUpstreamMessage(WELCOME);
  for (const identifier of identifiers) {
    conversation.onClientMessage(subscribe(identifier));
    conversation.onUpstreamMessage(confirm(identifier));
  }
  return conversation;
}

function toUpstream(conversation: Conversation): readonly Message[] {
  const replay = conversation.replay();
  replay.begin();
  return replay.onUpstreamMessage(WELCOME).toUpstream;
}

it("is recognised by its subprotocol alone", () => {
  expect(actioncable.recognise(HANDSHAKE, NOTHING)).toBe("yes");
  expect(actioncable.recognise({ ...HANDSHAKE, subprotocol: null }, NOTHING)).toBe("no");
  expect(actioncable.recognise({ ...HANDSHAKE, subprotocol: "actioncable-v1-ext-json" }, NOTHING)).toBe("no");
});

it("awaits the welcome, subscribes to all, and is done with the last confirmation", () => {
  const conversation = subscribed(ROOM, USER);
  const replay = conversation.replay();
  expect(replay.begin()).toEqual({ toUpstream: [], toClient: [], state: "more" });
  expect(replay.onUpstreamMessage(WELCOME)).toEqual({
    toUpstream: [subscribe(ROOM), subscribe(USER)],
    toClient: [],
    state: "more",
  });
  expect(replay.onUpstreamMessage(confirm(USER)).state).toBe("more");
  expect(replay.onUpstreamMessage(confirm(ROOM))).toEqual({
    toUpstream: [],
    toClient: [confirm(ROOM)],
    state: "done",
  });
});

it("gives the client what a subscription says before all are confirmed", () => {
  const replay = subscribed(ROOM, USER).replay();
  replay.begin();
  replay.onUpstreamMessage(WELCOME);
  replay.onUpstreamMessage(confirm(ROOM));
  const broadcast = jsonMessage({ identifier: ROOM, message: { body: "hi" } });
  expect(replay.onUpstreamMessage(broadcast)).toEqual({
    toUpstream: [],
    toClient: [broadcast],
    state: "more",
  });
});

it("is done with the welcome where there are no subscriptions", () => {
  const replay = subscribed().replay();
  replay.begin();
  expect(replay.onUpstreamMessage(WELCOME)).toEqual({ toUpstream: [], toClient: [], state: "done" });
});

it("gives the client its first welcome, if the old upstream never said it", () => {
  const conversation = actioncable.start(HANDSHAKE);
  conversation.onClientMessage(subscribe(ROOM));
  const replay = conversation.replay();
  replay.begin();
  const step = replay.onUpstreamMessage(WELCOME);
  expect(step).toEqual({ toUpstream: [subscribe(ROOM)], toClient: [WELCOME], state: "done" });
});

it("does not await what was never confirmed", () => {
  const conversation = subscribed(ROOM);
  conversation.onClientMessage(subscribe('{"channel":"NoSuchChannel"}'));
  const replay = conversation.replay();
  replay.begin();
  expect(replay.onUpstreamMessage(WELCOME).toUpstream).toHaveLength(2);
  expect(replay.onUpstreamMessage(confirm(ROOM)).state).toBe("done");
});

it("tells the client of a rejection, and does not subscribe to it again", () => {
  const conversation = subscribed(ROOM);
  const replay = conversation.replay();
  replay.begin();
  replay.onUpstreamMessage(WELCOME);
  expect(replay.onUpstreamMessage(reject(ROOM))).toEqual({
    toUpstream: [],
    toClient: [reject(ROOM)],
    state: "done",
  });
  expect(toUpstream(conversation)).toEqual([]);
});

it("fails where the new upstream does not know the client", () => {
  const replay = subscribed(ROOM).replay();
  replay.begin();
  const refusal = jsonMessage({ type: "disconnect", reason: "unauthorized", reconnect: false });
  expect(replay.onUpstreamMessage(refusal).state).toEqual({
    failed: expect.stringContaining("unauthorized"),
  });
});

it("forgets what was unsubscribed from or rejected", () => {
  const conversation = subscribed(ROOM, USER);
  conversation.onClientMessage(unsubscribe(ROOM));
  conversation.onUpstreamMessage(reject(USER));
  expect(toUpstream(conversation)).toEqual([]);
});

it("keeps what is said while there is no upstream, and lets repeated subscribes go", () => {
  const conversation = subscribed(ROOM);
  const keeps = (message: Message): boolean => conversation.whileWaiting(message).keep;
  expect(keeps(subscribe(ROOM))).toBe(false);
  expect(keeps(say(ROOM))).toBe(true);
  expect(keeps(subscribe(USER))).toBe(true);
  expect(keeps(subscribe(USER))).toBe(false);
  expect(keeps(unsubscribe(ROOM))).toBe(true);
  expect(keeps(subscribe(ROOM))).toBe(true);
  expect(keeps(subscribe(ROOM))).toBe(false);
});

it("pings every 3 s while it waits", () => {
  const heartbeat = subscribed().heartbeat();
  expect(heartbeat?.everyMs).toBe(3000);
  expect(heartbeat && jsonOf(heartbeat.message)).toEqual({ type: "ping", message: expect.any(Number) });
});

it("asks the client to come back as a restarting server does", () => {
  const { messages, code } = subscribed().farewell();
  expect(messages.map(jsonOf)).toEqual([{ type: "disconnect", reason: "server_restart", reconnect: true }]);
  expect(code).toBe(1012);
});

it("does not move a client that the upstream sends away", () => {
  const conversation = subscribed(ROOM);
  expect(conversation.obstacle()).toBeNull();
  conversation.onUpstreamMessage(jsonMessage({ type: "disconnect", reason: "remote", reconnect: false }));
  expect(conversation.obstacle()).toContain("remote");
});

it("does not move a client that sends binary messages", () => {
  const conversation = subscribed();
  conversation.onClientMessage({ ...subscribe(ROOM), isBinary: true });
  expect(conversation.obstacle()).toContain("binary");
});

it("does not move a client with more subscriptions than can be remembered", () => {
  const conversation = subscribed("x".repeat(MOST_REMEMBERED_BYTES));
  expect(conversation.obstacle()).not.toBeNull();
});

const anyMessage = fc.oneof(
  fc.record({ data: fc.uint8Array().map((bytes) => Buffer.from(bytes)), isBinary: fc.boolean() }),
  fc.json().map(textMessage),
  fc
    .record({
      command: fc.constantFrom("subscribe", "unsubscribe", "message", 1),
      identifier: fc.oneof(fc.string({ maxLength: 9000, size: "max" }), fc.integer()),
      type: fc.constantFrom("welcome", "confirm_subscription", "reject_subscription", "disconnect", null),
    })
    .map(jsonMessage),
);

it("throws at nothing, and remembers no more than it may", () => {
  expectBounded(() => actioncable.start(HANDSHAKE), toUpstream, anyMessage);
});
