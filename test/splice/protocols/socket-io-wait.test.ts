// What stands in the way of a move, and what happens while a Socket.IO client waits for one.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textMessage, textOf } from "../../../src/splice/message.ts";
import { type Conversation, IGNORE, KEEP, type Message } from "../../../src/splice/protocol.ts";
import { socketIo, type SocketIoOptions, socketIoWith } from "../../../src/splice/protocols/socket-io.ts";

const OPEN = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const HEADER = '451-["file",{"_placeholder":true,"num":0}]';
const BYTES: Message = { data: Buffer.from([1, 2, 3]), isBinary: true };

function start(query = "EIO=4&transport=websocket", options: Partial<SocketIoOptions> = {}): Conversation {
  return socketIoWith(options).start({
    path: "/socket.io/",
    query: new URLSearchParams(query),
    subprotocol: null,
  });
}

function client(conversation: Conversation, text: string): void {
  conversation.onClientMessage(textMessage(text));
}

function upstream(conversation: Conversation, text: string): void {
  conversation.onUpstreamMessage(textMessage(text));
}

function joined(options: Partial<SocketIoOptions> = {}): Conversation {
  const conversation = start(undefined, options);
  upstream(conversation, OPEN);
  client(conversation, "40");
  upstream(conversation, '40{"sid":"x"}');
  return conversation;
}

/** Moved, all being accepted; says what the new upstream was asked. */
function move(conversation: Conversation): (string | null)[] {
  const replay = conversation.replay();
  replay.begin();
  const { toUpstream } = replay.onUpstreamMessage(textMessage(OPEN));
  const connects = toUpstream.map(textOf);
  for (const connect of connects) replay.onUpstreamMessage(textMessage(`${connect}{"sid":"y"}`));
  return connects;
}

describe("the upgrade from long-polling", () => {
  const probing = () => start("EIO=4&transport=websocket&sid=lv_VI97HAXpY6yYWAAAC");

  it("is an obstacle while it is under way", () => {
    const conversation = probing();
    client(conversation, "2probe");
    upstream(conversation, "3probe");
    expect(conversation.obstacle()).toMatch(/not complete/);
  });

  it("may carry the answer to a ping that came by long-polling", () => {
    const conversation = probing();
    client(conversation, "5");
    expect(conversation.swallows?.(textMessage("3"))).toBe(false);
  });

  it("leaves namespaces behind that were joined unseen: never moved, rather than a zombie", () => {
    const conversation = probing();
    client(conversation, "2probe");
    upstream(conversation, "3probe");
    client(conversation, "5");
    expect(conversation.obstacle()).toMatch(/where they were not recorded/);
    expect(conversation.farewell().code).toBe(1012);
  });

  it("is not taken up again with a new upstream", () => {
    const redial = (query: string) =>
      socketIo.redialQuery?.({ path: "/", query: new URLSearchParams(query), subprotocol: null });
    expect(redial("EIO=4&transport=websocket&sid=abc&room=1")?.toString()).toBe(
      "EIO=4&transport=websocket&room=1",
    );
    expect(redial("EIO=4&transport=websocket&room=1")).toBeNull();
  });
});

describe("a packet with attachments", () => {
  it("is moved whole, or not", () => {
    const conversation = joined();
    client(conversation, HEADER);
    expect(conversation.obstacle()).toMatch(/in the middle/);
    expect(conversation.unfinished?.()).toBe("client");
    conversation.onClientMessage(BYTES);
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("from the upstream is waited for", () => {
    const conversation = joined();
    upstream(conversation, '462-/admin,7["a"]');
    conversation.onUpstreamMessage(BYTES);
    upstream(conversation, "2");
    expect(conversation.unfinished?.()).toBe("upstream");
    // As a client without binary messages (`b64=1`) gets them.
    upstream(conversation, "bAQID");
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("stays torn when its end comes after the upstream has gone", () => {
    const conversation = joined();
    client(conversation, HEADER);
    conversation.whileWaiting(BYTES);
    expect(conversation.obstacle()).toMatch(/in the middle/);
  });

  it("that begins while it waits is kept, and counted off behind the replay", () => {
    const conversation = joined();
    expect(conversation.whileWaiting(textMessage(HEADER))).toBe(KEEP);
    expect(conversation.obstacle()).toBeNull();
    move(conversation);
    expect(conversation.unfinished?.()).toBe("client");
    conversation.onClientMessage(BYTES);
    expect(conversation.obstacle()).toBeNull();
  });

  it("of another parser than Socket.IO's own is an obstacle", () => {
    const msgpack = joined();
    msgpack.onClientMessage(BYTES);
    expect(msgpack.obstacle()).toMatch(/another packet format/);
    const json = joined();
    client(json, '4{"type":2}');
    expect(json.obstacle()).toMatch(/another packet format/);
  });
});

describe("acknowledgements", () => {
  it("that have not come are waited for, and an obstacle when they do not come", () => {
    const conversation = joined();
    client(conversation, '420["save",1]');
    client(conversation, '421["save",2]');
    upstream(conversation, "430[]");
    expect(conversation.unfinished?.()).toBe("upstream");
    expect(conversation.obstacle()).toMatch(/acknowledgements of 1 /);
    upstream(conversation, "431[]");
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("may be lost where the operator says so", () => {
    const conversation = joined({ loseAcks: true });
    client(conversation, '420["save",1]');
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("of what is emitted while it waits are the new upstream's to give", () => {
    const conversation = joined();
    expect(conversation.whileWaiting(textMessage('425["save",1]'))).toBe(KEEP);
    expect(conversation.obstacle()).toBeNull();
    move(conversation);
    expect(conversation.unfinished?.()).toBe("upstream");
    upstream(conversation, "435[]");
    expect(conversation.unfinished?.()).toBeNull();
  });

  it("for the old upstream never reach the new one", () => {
    const conversation = joined();
    upstream(conversation, '420["question"]');
    expect(conversation.whileWaiting(textMessage('430["answer"]'))).toBe(IGNORE);
    expect(conversation.whileWaiting(textMessage('461-0[{"_placeholder":true,"num":0}]'))).toBe(IGNORE);
    expect(conversation.whileWaiting(BYTES)).toBe(IGNORE);
    expect(conversation.whileWaiting(textMessage('42["next"]'))).toBe(KEEP);
  });

  it("for the new one do, though it is not done yet", () => {
    const conversation = joined();
    conversation.replay().onUpstreamMessage(textMessage(OPEN));
    expect(conversation.whileWaiting(textMessage('430["answer"]'))).toBe(KEEP);
  });
});

describe("while it waits", () => {
  it("the client is pinged before it would miss a ping of the old upstream, and its answers end here", () => {
    const conversation = joined();
    const heartbeat = conversation.heartbeat();
    expect(heartbeat?.everyMs).toBe(10_000);
    expect(heartbeat && textOf(heartbeat.message)).toBe("2");
    expect(conversation.whileWaiting(textMessage("3"))).toBe(IGNORE);
  });

  it("a late answer to its pings does not go on to the new upstream", () => {
    const conversation = joined();
    upstream(conversation, "2");
    expect(conversation.swallows?.(textMessage("3"))).toBe(false);
    move(conversation);
    expect(conversation.swallows?.(textMessage("3"))).toBe(true);
    upstream(conversation, "2");
    expect(conversation.swallows?.(textMessage("3"))).toBe(false);
    client(conversation, "3");
    expect(conversation.swallows?.(textMessage("3"))).toBe(true);
    expect(conversation.swallows?.(textMessage('43["3"]'))).toBe(false);
  });

  it("a namespace may be joined: behind the replay, and in the next one", () => {
    const conversation = joined();
    expect(conversation.whileWaiting(textMessage("40/new,"))).toBe(KEEP);
    expect(move(conversation)).toEqual(["40"]);
    upstream(conversation, '40/new,{"sid":"z"}');
    expect(move(conversation)).toEqual(["40", "40/new,"]);
  });

  it("a namespace may be left: it is joined for what was said in it, and not in the next replay", () => {
    const conversation = joined();
    expect(conversation.whileWaiting(textMessage('42["last"]'))).toBe(KEEP);
    expect(conversation.whileWaiting(textMessage("41"))).toBe(KEEP);
    expect(move(conversation)).toEqual(["40"]);
    expect(move(conversation)).toEqual([]);
  });

  it("more than can be followed is an obstacle", () => {
    const conversation = joined();
    for (let id = 0; id <= 1024; id += 1) conversation.whileWaiting(textMessage(`42${id}["a"]`));
    expect(conversation.obstacle()).toMatch(/more has happened/);
  });
});

describe("any message", () => {
  const piece = fc.constantFrom(
    "0",
    "2",
    "3",
    "40",
    "41",
    "42",
    "43",
    "44",
    "451-",
    "462-",
    "5",
    "/a,",
    "7",
    "b",
    "{}",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece.map(String), { maxLength: 4 }).map((all) => all.join("")),
  );
  const anything: fc.Arbitrary<Message> = fc.oneof(
    text.map(textMessage),
    fc.record({ data: fc.uint8Array().map((bytes) => Buffer.from(bytes)), isBinary: fc.boolean() }),
  );
  const side = fc.constantFrom("client", "upstream", "waiting", "replay");

  it("is taken without an error, and what is to be replayed stays bounded", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(side, anything), { maxLength: 60 }), (told) => {
        const conversation = joined();
        let replay = conversation.replay();
        for (const [from, message] of told) {
          if (from === "client") conversation.onClientMessage(message);
          if (from === "upstream") conversation.onUpstreamMessage(message);
          if (from === "waiting") conversation.whileWaiting(message);
          if (from === "replay" && replay.onUpstreamMessage(message).state !== "more")
            replay = conversation.replay();
          conversation.obstacle();
          conversation.unfinished?.();
        }
        const { toUpstream } = conversation.replay().onUpstreamMessage(textMessage(OPEN));
        expect(toUpstream.length).toBeLessThanOrEqual(128);
        const bytes = toUpstream.reduce((sum, { data }) => sum + data.length, 0);
        expect(bytes).toBeLessThanOrEqual(128 * 1024);
      }),
    );
  });
});
