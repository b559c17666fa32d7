import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonMessage, jsonOf, textMessage } from "../../../src/splice/message.ts";
import { type Conversation, type Message, MOST_REMEMBERED_BYTES } from "../../../src/splice/protocol.ts";
import { phoenix } from "../../../src/splice/protocols/phoenix.ts";
import { expectBounded } from "../harmless.ts";

const HANDSHAKE = {
  path: "/socket/websocket",
  query: new URLSearchParams("token=t&vsn=2.0.0"),
  subprotocol: null,
};
const NOTHING = { client: null, upstream: null };
const PARAMS = { last_seen: 7 };

function join(topic: string, ref: string): Message {
  return jsonMessage([ref, ref, topic, "phx_join", PARAMS]);
}

function reply(topic: string, ref: string, status: "ok" | "error"): Message {
  return jsonMessage([ref, ref, topic, "phx_reply", { response: {}, status }]);
}

function joined(...topics: string[]): Conversation {
  const conversation = phoenix.start(HANDSHAKE);
  for (const [index, topic] of topics.entries()) {
    conversation.onClientMessage(join(topic, `${index}`));
    conversation.onUpstreamMessage(reply(topic, `${index}`, "ok"));
  }
  return conversation;
}

function replayed(conversation: Conversation): readonly Message[] {
  return conversation.replay().begin().toUpstream;
}

/** As the client makes it (kind 0) or the server (0 without a ref, 1, 2). */
function binary(kind: number, parts: readonly string[], payload = "\u0001\u0002"): Message {
  const sizes = parts.map((part) => Buffer.byteLength(part));
  return {
    data: Buffer.concat([Buffer.from([kind, ...sizes]), Buffer.from(parts.join("") + payload)]),
    isBinary: true,
  };
}

it("is recognised by its path and version", () => {
  const old = new URLSearchParams("vsn=1.0.0");
  expect(phoenix.recognise(HANDSHAKE, NOTHING)).toBe("yes");
  expect(phoenix.recognise({ ...HANDSHAKE, query: old }, NOTHING)).toBe("no");
  expect(phoenix.recognise({ ...HANDSHAKE, path: "/ws" }, NOTHING)).toBe("no");
});

describe("replay", () => {
  it("joins with the same references, swallows the replies, and is done with the last", () => {
    const replay = joined("room:1", "room:2").replay();
    expect(replay.begin()).toEqual({
      toUpstream: [join("room:1", "0"), join("room:2", "1")],
      toClient: [],
      state: "more",
    });
    expect(replay.onUpstreamMessage(reply("room:2", "1", "ok"))).toEqual({
      toUpstream: [],
      toClient: [],
      state: "more",
    });
    expect(replay.onUpstreamMessage(reply("room:1", "0", "ok")).state).toBe("done");
  });

  it("is done at once where nothing is joined", () => {
    expect(joined().replay().begin()).toEqual({ toUpstream: [], toClient: [], state: "done" });
  });

  it("lets pushes of the new upstream through", () => {
    const replay = joined("room:1", "room:2").replay();
    replay.begin();
    replay.onUpstreamMessage(reply("room:1", "0", "ok"));
    const push = jsonMessage(["0", null, "room:1", "presence_state", {}]);
    expect(replay.onUpstreamMessage(push)).toEqual({ toUpstream: [], toClient: [push], state: "more" });
  });

  it("makes a refused channel join anew by itself", () => {
    const conversation = joined("room:1");
    const replay = conversation.replay();
    replay.begin();
    // As encode_ignore of Phoenix has it: without a join_ref.
    const unmatched = jsonMessage([null, "0", "room:1", "phx_reply", { status: "error", response: {} }]);
    const step = replay.onUpstreamMessage(unmatched);
    expect(step.state).toBe("done");
    expect(step.toClient.map(jsonOf)).toEqual([["0", "0", "room:1", "phx_error", {}]]);
    expect(replayed(conversation)).toEqual([]);
  });

  it.each(["ok", "error"] as const)("gives the client a reply that it has not had yet: %s", (status) => {
    const conversation = joined();
    conversation.onClientMessage(join("room:1", "5"));
    const replay = conversation.replay();
    replay.begin();
    expect(replay.onUpstreamMessage(reply("room:1", "5", status)).toClient).toEqual([
      reply("room:1", "5", status),
    ]);
    expect(replayed(conversation)).toHaveLength(status === "ok" ? 1 : 0);
  });

  it("does not await a channel that crashed meanwhile", () => {
    const replay = joined("room:1").replay();
    replay.begin();
    const crash = jsonMessage(["0", "0", "room:1", "phx_error", { reason: "channel_crash" }]);
    expect(replay.onUpstreamMessage(crash)).toEqual({ toUpstream: [], toClient: [crash], state: "done" });
  });
});

it("understands a binary reply to a join that it replays", () => {
  const replay = joined("room:1").replay();
  replay.begin();
  expect(replay.onUpstreamMessage(binary(1, ["0", "0", "room:1", "ok"]))).toEqual({
    toUpstream: [],
    toClient: [],
    state: "done",
  });
});

describe("what is forgotten", () => {
  it("is a channel that the client leaves", () => {
    const conversation = joined("room:1");
    conversation.onClientMessage(jsonMessage(["0", "9", "room:1", "phx_leave", {}]));
    expect(replayed(conversation)).toEqual([]);
  });

  it.each(["phx_close", "phx_error"])("is a channel that ends with %s", (event) => {
    const conversation = joined("room:1");
    conversation.onUpstreamMessage(jsonMessage(["0", "0", "room:1", event, {}]));
    expect(replayed(conversation)).toEqual([]);
  });

  it("is a channel that ends in binary", () => {
    const conversation = joined("room:1");
    conversation.onUpstreamMessage(binary(0, ["0", "room:1", "phx_close"]));
    expect(replayed(conversation)).toEqual([]);
  });

  it("is a join that is refused", () => {
    const conversation = joined();
    conversation.onClientMessage(join("room:1", "1"));
    conversation.onUpstreamMessage(reply("room:1", "1", "error"));
    expect(replayed(conversation)).toEqual([]);
  });

  it("is not a later join of the same topic", () => {
    const conversation = joined("room:1");
    conversation.onClientMessage(join("room:1", "8"));
    conversation.onUpstreamMessage(jsonMessage(["0", "0", "room:1", "phx_close", {}]));
    conversation.onClientMessage(jsonMessage(["0", "9", "room:1", "phx_leave", {}]));
    expect(replayed(conversation)).toEqual([join("room:1", "8")]);
  });

  it("is not a join because of an error reply to another push", () => {
    const conversation = joined("room:1");
    conversation.onUpstreamMessage(
      jsonMessage(["0", "6", "room:1", "phx_reply", { status: "error", response: {} }]),
    );
    expect(replayed(conversation)).toHaveLength(1);
  });
});

describe("what cannot be moved", () => {
  it("is a LiveView", () => {
    const conversation = joined("room:1", "lv:phx-F8");
    expect(conversation.obstacle()).toContain("LiveView");
    conversation.onClientMessage(jsonMessage(["1", "9", "lv:phx-F8", "phx_leave", {}]));
    expect(conversation.obstacle()).toBeNull();
  });

  it("is a join too large to be remembered", () => {
    const conversation = joined("room:1");
    conversation.onClientMessage(
      jsonMessage(["8", "8", "room:2", "phx_join", "x".repeat(MOST_REMEMBERED_BYTES)]),
    );
    expect(conversation.obstacle()).not.toBeNull();
  });

  it("comes back by a restart's Close code", () => {
    expect(joined().farewell()).toMatchObject({ code: 1012, messages: [] });
  });
});

it.each([
  ["a long topic", join(`room:${"x".repeat(9000)}`, "1")],
  ["numbers for references", jsonMessage([1, 1, "room:1", "phx_join", {}])],
  ["escapes in its topic", jsonMessage(["1", "1", 'room:"\\\u00e9\n', "phx_join", {}])],
  ["a binary payload", binary(0, ["1", "1", "room:1", "phx_join"])],
])("remembers a join with %s", (_, message) => {
  const conversation = joined();
  conversation.onClientMessage(message);
  expect(replayed(conversation)).toEqual([message]);
});

const topic = fc.constantFrom("room:1", "room:2", "lv:x", "phoenix", "r".repeat(9000));
const event = fc.constantFrom(
  "phx_join",
  "phx_leave",
  "phx_reply",
  "phx_close",
  "phx_error",
  "heartbeat",
  "shout",
);
const ref = fc.constantFrom("1", "2", null, 3);
const anyMessage = fc.oneof(
  fc.record({ data: fc.uint8Array().map((bytes) => Buffer.from(bytes)), isBinary: fc.boolean() }),
  fc.json().map(textMessage),
  fc.tuple(ref, ref, fc.oneof(topic, fc.string()), event, fc.object({ maxDepth: 1 })).map(jsonMessage),
  fc
    .tuple(
      fc.nat({ max: 3 }),
      fc.array(fc.constantFrom("", "1", "room:1", "phx_join", "ok"), { maxLength: 5 }),
    )
    .map(([kind, parts]) => binary(kind, parts, "")),
);

it("throws at nothing, and remembers no more than it may", () => {
  expectBounded(() => phoenix.start(HANDSHAKE), replayed, anyMessage);
});
