import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonMessage, jsonOf, textMessage } from "../../../src/splice/message.ts";
import { type Conversation, type Message, MOST_REMEMBERED_BYTES } from "../../../src/splice/protocol.ts";
import { graphqlTransportWs } from "../../../src/splice/protocols/graphql-transport-ws.ts";
import { expectBounded } from "../harmless.ts";

const HANDSHAKE = { path: "/graphql", query: new URLSearchParams(), subprotocol: "graphql-transport-ws" };
const NOTHING = { client: null, upstream: null };
const INIT = jsonMessage({ type: "connection_init", payload: { token: "t" } });
const ACK = jsonMessage({ type: "connection_ack" });
const PING = jsonMessage({ type: "ping", payload: { at: 1 } });
const PONG = { type: "pong", payload: { at: 1 } };

function operation(id: string, query: string): Message {
  return jsonMessage({ id, type: "subscribe", payload: { query } });
}

function live(id: string): Message {
  return operation(id, "subscription M { messageAdded { id } }");
}

function next(id: string): Message {
  return jsonMessage({ id, type: "next", payload: { data: { a: 1 } } });
}

function complete(id: string): Message {
  return jsonMessage({ id, type: "complete" });
}

function acknowledged(...operations: Message[]): Conversation {
  const conversation = graphqlTransportWs.start(HANDSHAKE);
  conversation.onClientMessage(INIT);
  conversation.onUpstreamMessage(ACK);
  for (const message of operations) conversation.onClientMessage(message);
  return conversation;
}

function replayed(conversation: Conversation): readonly Message[] {
  const replay = conversation.replay();
  return [...replay.begin().toUpstream, ...replay.onUpstreamMessage(ACK).toUpstream];
}

it("is recognised by its subprotocol, and not by the older one", () => {
  expect(graphqlTransportWs.recognise(HANDSHAKE, NOTHING)).toBe("yes");
  expect(graphqlTransportWs.recognise({ ...HANDSHAKE, subprotocol: "graphql-ws" }, NOTHING)).toBe("no");
  expect(graphqlTransportWs.recognise({ ...HANDSHAKE, subprotocol: null }, NOTHING)).toBe("no");
});

describe("replay", () => {
  it("begins anew, swallows the acknowledgement, and subscribes to all that live", () => {
    const replay = acknowledged(live("a"), live("b")).replay();
    expect(replay.begin()).toEqual({ toUpstream: [INIT], toClient: [], state: "more" });
    expect(replay.onUpstreamMessage(ACK)).toEqual({
      toUpstream: [live("a"), live("b")],
      toClient: [],
      state: "done",
    });
  });

  it("is done at once for a client that has not begun", () => {
    const conversation = graphqlTransportWs.start(HANDSHAKE);
    expect(conversation.replay().begin()).toEqual({ toUpstream: [], toClient: [], state: "done" });
  });

  it("gives the client the acknowledgement that it still awaits", () => {
    const conversation = graphqlTransportWs.start(HANDSHAKE);
    conversation.onClientMessage(INIT);
    const replay = conversation.replay();
    replay.begin();
    expect(replay.onUpstreamMessage(ACK)).toEqual({ toUpstream: [], toClient: [ACK], state: "done" });
    conversation.onClientMessage(live("a"));
    const again = conversation.replay();
    again.begin();
    expect(again.onUpstreamMessage(ACK).toClient).toEqual([]);
  });

  it("answers the new upstream's ping in the client's place", () => {
    const replay = acknowledged().replay();
    replay.begin();
    const step = replay.onUpstreamMessage(PING);
    expect({ ...step, toUpstream: step.toUpstream.map(jsonOf) }).toEqual({
      toUpstream: [PONG],
      toClient: [],
      state: "more",
    });
  });
});

describe("what is forgotten", () => {
  it.each([
    ["complete", complete("a")],
    ["error", jsonMessage({ id: "a", type: "error", payload: [{ message: "no" }] })],
    ["a long error", jsonMessage({ id: "a", type: "error", payload: [{ message: "n".repeat(99_999) }] })],
  ])("is a subscription that ends with %s of the upstream", (_, message) => {
    const conversation = acknowledged(live("a"), live("b"));
    conversation.onUpstreamMessage(message);
    expect(replayed(conversation)).toEqual([INIT, live("b")]);
  });

  it("is a subscription that the client completes", () => {
    expect(replayed(acknowledged(live("a"), complete("a")))).toEqual([INIT]);
  });

  it("is not one that goes on", () => {
    const conversation = acknowledged(live("a"));
    conversation.onUpstreamMessage(next("a"));
    expect(replayed(conversation)).toEqual([INIT, live("a")]);
  });
});

describe("an operation that must not be executed twice", () => {
  it.each([
    ["a mutation", operation("q", "mutation { send { id } }")],
    ["a query", operation("q", "{ messages { id } }")],
    [
      "one known to the server only",
      jsonMessage({ id: "q", type: "subscribe", payload: { documentId: "7" } }),
    ],
  ])("is %s, until it ends", (_, message) => {
    const conversation = acknowledged(live("a"), message);
    expect(conversation.obstacle()).toContain("twice");
    expect(conversation.unfinished?.()).toBe("upstream");
    expect(replayed(conversation)).toEqual([INIT, live("a")]);
    conversation.onUpstreamMessage(next("q"));
    conversation.onUpstreamMessage(complete("q"));
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("is kept, once, when it comes while there is no upstream", () => {
    const conversation = acknowledged();
    const mutation = operation("q", "mutation { send { id } }");
    expect(conversation.whileWaiting(mutation)).toEqual({ keep: true, answers: [] });
    expect(replayed(conversation)).toEqual([INIT]);
  });
});

describe("pings", () => {
  it("are answered while there is no upstream, and pongs are dropped", () => {
    const conversation = acknowledged();
    const { keep, answers } = conversation.whileWaiting(PING);
    expect({ keep, answers: answers.map(jsonOf) }).toEqual({ keep: false, answers: [PONG] });
    expect(conversation.whileWaiting(jsonMessage(PONG)).keep).toBe(false);
    expect(conversation.heartbeat()).toBeNull();
  });

  it("that the old upstream left unanswered are answered", () => {
    const conversation = acknowledged(PING);
    expect(jsonOf(conversation.heartbeat()?.message ?? PING)).toEqual(PONG);
    expect(conversation.replay().begin().toClient.map(jsonOf)).toEqual([PONG]);
    expect(conversation.heartbeat()).toBeNull();
  });

  it("that were answered are not answered again", () => {
    const conversation = acknowledged(PING);
    conversation.onUpstreamMessage(jsonMessage(PONG));
    expect(conversation.replay().begin().toClient).toEqual([]);
  });
});

it.each([
  [
    "its opening",
    [jsonMessage({ type: "connection_init", payload: { token: "t".repeat(MOST_REMEMBERED_BYTES) } })],
  ],
  [
    "its subscriptions",
    [INIT, ...["a", "b", "c"].map((id) => operation(id, `subscription { ${"m ".repeat(15_000)} }`))],
  ],
])("cannot be moved when %s cannot be remembered", (_, messages) => {
  const conversation = graphqlTransportWs.start(HANDSHAKE);
  for (const message of messages) conversation.onClientMessage(message);
  expect(conversation.obstacle()).toContain("64 KiB");
});

it("cannot be moved when the client sends binary messages", () => {
  expect(acknowledged({ ...live("a"), isBinary: true }).obstacle()).toContain("binary");
});

it("asks the client to come back by a code that it does not take for final", () => {
  expect(acknowledged().farewell()).toMatchObject({ code: 1012, messages: [] });
});

const anyMessage = fc.oneof(
  fc.record({ data: fc.uint8Array().map((bytes) => Buffer.from(bytes)), isBinary: fc.boolean() }),
  fc.json().map(textMessage),
  fc
    .record({
      type: fc.constantFrom(
        "connection_init",
        "connection_ack",
        "subscribe",
        "complete",
        "error",
        "ping",
        "pong",
        1,
      ),
      id: fc.oneof(fc.string({ maxLength: 9000, size: "max" }), fc.integer()),
      payload: fc.oneof(
        fc.constantFrom("subscription { a }", "{ a }").map((query) => ({ query })),
        fc.jsonValue({ maxDepth: 1 }),
      ),
    })
    .map(jsonMessage),
);

it("throws at nothing, and remembers no more than it may", () => {
  expectBounded(acknowledged, replayed, anyMessage);
});
