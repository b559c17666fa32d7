// Messages as socket.io 4.8 and socket.io-client 4.8 write them.

import { describe, expect, it } from "vitest";
import { textMessage, textOf } from "../../../src/splice/message.ts";
import type { Conversation, Handshake, Message, Replay, ReplayStep } from "../../../src/splice/protocol.ts";
import { socketIo, type SocketIoOptions, socketIoWith } from "../../../src/splice/protocols/socket-io.ts";

const OPEN =
  '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

function handshake(query = "EIO=4&transport=websocket"): Handshake {
  return { path: "/socket.io/", query: new URLSearchParams(query), subprotocol: null };
}

function binary(text = "bytes"): Message {
  return { data: Buffer.from(text), isBinary: true };
}

function message(content: string | Message): Message {
  return typeof content === "string" ? textMessage(content) : content;
}

/** Each line is `c` or `u`, what the client or the upstream says. */
function say(conversation: Conversation, ...lines: ["c" | "u", string | Message][]): void {
  for (const [side, content] of lines) {
    if (side === "c") conversation.onClientMessage(message(content));
    else conversation.onUpstreamMessage(message(content));
  }
}

function opened(options: Partial<SocketIoOptions> = {}): Conversation {
  const conversation = socketIoWith(options).start(handshake());
  say(conversation, ["u", OPEN]);
  return conversation;
}

function joined(options: Partial<SocketIoOptions> = {}): Conversation {
  const conversation = opened(options);
  say(conversation, ["c", '40{"token":"abc"}'], ["u", '40{"sid":"wZX3oN0bSVIhsaknAAAI"}']);
  say(conversation, ["c", "40/admin,"], ["u", '40/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}']);
  return conversation;
}

interface Said {
  toUpstream: (string | null)[];
  toClient: (string | null)[];
  state: ReplayStep["state"];
}

function said({ toUpstream, toClient, state }: ReplayStep): Said {
  return { toUpstream: toUpstream.map(textOf), toClient: toClient.map(textOf), state };
}

function hear(replay: Replay, content: string | Message): Said {
  return said(replay.onUpstreamMessage(message(content)));
}

/** To its end, the upstream accepting everything. */
function replayed(conversation: Conversation): (string | null)[] {
  const replay = conversation.replay();
  replay.begin();
  const { toUpstream } = hear(replay, OPEN);
  for (const connect of toUpstream) hear(replay, `${(connect ?? "").replace(/\{.*/u, "")}{"sid":"new"}`);
  return toUpstream;
}

describe("recognition", () => {
  const recognise = (query: string) => socketIo.recognise(handshake(query), { client: null, upstream: null });

  it("goes by the query, whatever the path", () => {
    expect(recognise("EIO=4&transport=websocket")).toBe("yes");
    expect(recognise("EIO=4&transport=websocket&sid=abc")).toBe("yes");
    expect(recognise("EIO=4&transport=polling")).toBe("no");
    expect(recognise("transport=websocket")).toBe("no");
  });

  it("knows Engine.IO 3, and does not move it", () => {
    expect(recognise("EIO=3&transport=websocket")).toBe("yes");
    const conversation = socketIo.start(handshake("EIO=3&transport=websocket"));
    expect(conversation.obstacle()).toMatch(/Engine\.IO 3/);
    expect(conversation.farewell().code).toBe(1012);
  });
});

describe("the replay", () => {
  it("joins each namespace again with the auth that the client gave, and the client hears a ping only", () => {
    const conversation = joined();
    expect(conversation.obstacle()).toBeNull();
    const replay = conversation.replay();
    expect(said(replay.begin())).toEqual({ toUpstream: [], toClient: [], state: "more" });
    expect(hear(replay, OPEN)).toEqual({
      toUpstream: ['40{"token":"abc"}', "40/admin,"],
      toClient: ["2"],
      state: "more",
    });
    expect(hear(replay, '40/admin,{"sid":"b"}')).toEqual({ toUpstream: [], toClient: [], state: "more" });
    expect(hear(replay, '40{"sid":"a"}')).toEqual({ toUpstream: [], toClient: [], state: "done" });
  });

  it("forwards the new sessions where connect handlers are to run again", () => {
    const replay = joined({ rerunConnect: true }).replay();
    hear(replay, OPEN);
    expect(hear(replay, '40{"sid":"a"}').toClient).toEqual(['40{"sid":"a"}']);
    expect(hear(replay, '40/admin,{"sid":"b"}')).toMatchObject({
      toClient: ['40/admin,{"sid":"b"}'],
      state: "done",
    });
  });

  it("lets the client have what the app says before it is done, and answers pings itself", () => {
    const replay = joined().replay();
    hear(replay, OPEN);
    hear(replay, '40{"sid":"a"}');
    expect(hear(replay, '42["welcome"]').toClient).toEqual(['42["welcome"]']);
    expect(hear(replay, '451-["file",{"_placeholder":true,"num":0}]').toClient).toHaveLength(1);
    expect(hear(replay, binary()).toClient).toEqual([null]);
    expect(hear(replay, "2")).toEqual({ toUpstream: ["3"], toClient: [], state: "more" });
    expect(hear(replay, "6")).toEqual({ toUpstream: [], toClient: [], state: "more" });
    expect(hear(replay, '40/admin,{"sid":"b"}').state).toBe("done");
  });

  it("fails when the new upstream refuses a namespace that the client is in", () => {
    const replay = joined().replay();
    hear(replay, OPEN);
    expect(hear(replay, '44/admin,{"message":"not authorized"}').state).toEqual({
      failed: "the new upstream refused the namespace /admin",
    });
  });

  it.each(['42["hello"]', "1", "0", "0[]", binary()])("fails when no session is opened: %o", (first) => {
    expect(hear(joined().replay(), first).state).toHaveProperty("failed");
  });

  it("fails when the new upstream pings too seldom for the client", () => {
    const replay = joined().replay();
    const seldom = '0{"sid":"x","upgrades":[],"pingInterval":60000,"pingTimeout":20000}';
    expect(hear(replay, seldom).state).toHaveProperty("failed");
  });
});

describe("a replay at another moment", () => {
  it("leaves the answer to a CONNECT under way to the client, good or bad", () => {
    const conversation = joined();
    say(conversation, ["c", "40/late,"], ["c", "40/closed,"]);
    const replay = conversation.replay();
    expect(hear(replay, OPEN).toUpstream).toEqual([
      '40{"token":"abc"}',
      "40/admin,",
      "40/late,",
      "40/closed,",
    ]);
    hear(replay, '40{"sid":"a"}');
    hear(replay, '40/admin,{"sid":"b"}');
    expect(hear(replay, '40/late,{"sid":"c"}').toClient).toEqual(['40/late,{"sid":"c"}']);
    const refusal = '44/closed,{"message":"Invalid namespace"}';
    expect(hear(replay, refusal)).toEqual({ toUpstream: [], toClient: [refusal], state: "done" });
    expect(replayed(conversation)).toEqual(['40{"token":"abc"}', "40/admin,", "40/late,"]);
  });

  it("gives the open packet to a client that has had none", () => {
    const conversation = socketIo.start(handshake());
    expect(conversation.heartbeat()).toBeNull();
    expect(hear(conversation.replay(), OPEN)).toEqual({ toUpstream: [], toClient: [OPEN], state: "done" });
    expect(conversation.heartbeat()).not.toBeNull();
  });

  it("begins anew with each try", () => {
    const conversation = joined();
    hear(conversation.replay(), OPEN);
    expect(replayed(conversation)).toHaveLength(2);
    expect(replayed(conversation)).toHaveLength(2);
  });
});

describe("namespaces", () => {
  it.each([
    ["c", "41/admin,"],
    ["u", "41/admin,"],
    ["u", '44/admin,{"message":"no"}'],
  ] as const)("are left with %s: %s", (side, packet) => {
    const conversation = joined();
    say(conversation, [side, packet]);
    expect(replayed(conversation)).toEqual(['40{"token":"abc"}']);
  });

  it("that are more than can be remembered are an obstacle", () => {
    const many = opened();
    for (let count = 0; count <= 128; count += 1) say(many, ["c", `40/${count},`]);
    expect(many.obstacle()).toMatch(/more than can be followed/);
    const large = opened();
    say(large, ["c", `40{"token":"${"x".repeat(70_000)}"}`]);
    expect(large.obstacle()).toMatch(/64 KiB/);
  });
});

describe("connection state recovery", () => {
  const recovering = (connect: string, ...more: ["c" | "u", string][]) => {
    const conversation = opened();
    say(conversation, ["c", connect], ["u", '40{"sid":"s","pid":"p2"}'], ...more);
    return replayed(conversation);
  };

  it("goes on from the session and the broadcast that the client has now", () => {
    expect(recovering('40{"token":"t"}', ["u", '42["news","text","o7"]'])).toEqual([
      '40{"pid":"p2","offset":"o7","token":"t"}',
    ]);
  });

  it("never asks for what was asked at an earlier connection, which would send broadcasts twice", () => {
    const stale = '40{"pid":"p1","offset":"o1","token":"t"}';
    expect(recovering(stale, ["u", '42["news","o2"]'])).toEqual(['40{"pid":"p2","offset":"o2","token":"t"}']);
    const conversation = opened();
    say(conversation, ["c", stale], ["u", '42["missed","o2"]'], ["u", '40{"sid":"s"}']);
    expect(replayed(conversation)).toEqual(['40{"token":"t"}']);
  });

  it("counts missed broadcasts, which come before the CONNECT", () => {
    const conversation = opened();
    say(conversation, ["c", '40{"pid":"p1","offset":"o1"}'], ["u", '42["missed","o2"]']);
    say(conversation, ["u", '40{"sid":"s","pid":"p1"}']);
    expect(replayed(conversation)).toEqual(['40{"pid":"p1","offset":"o2"}']);
  });

  it("counts as the client does: no emit that wants an acknowledgement, none that ends otherwise", () => {
    const events: ["u", string][] = [
      ["u", '42["a","o3"]'],
      ["u", '421["b","no"]'],
      ["u", '42["c",{"d":["no"]}]'],
    ];
    expect(recovering("40", ...events)).toEqual(['40{"pid":"p2","offset":"o3"}']);
    expect(recovering("40", ["u", String.raw`42["a","say \"o4\""]`])).toEqual([
      String.raw`40{"pid":"p2","offset":"say \"o4\""}`,
    ]);
    expect(recovering("40", ...events, ["u", `42["a","${"x".repeat(1000)}"]`])).toEqual(["40"]);
  });

  it("leaves an auth alone whose pid is the app's own", () => {
    const conversation = opened();
    say(conversation, ["c", '40{"pid": 7}'], ["u", '40{"sid":"s"}'], ["u", '42["a","b"]']);
    expect(replayed(conversation)).toEqual(['40{"pid": 7}']);
  });
});
