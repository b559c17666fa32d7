// What the frames look like is taken from @stomp/stompjs 7.5 (src/stomp-handler.ts, src/frame-impl.ts) and the 1.2 specification.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import type { Conversation, Handshake, Message, ReplayStep } from "../../../src/splice/protocol.ts";
import { stomp } from "../../../src/splice/protocols/stomp.ts";

const HANDSHAKE: Handshake = { path: "/ws", query: new URLSearchParams(), subprotocol: "v12.stomp" };
const CONNECT =
  "CONNECT\nlogin:anna\npasscode:secret\naccept-version:1.2,1.1,1.0\nheart-beat:10000,4000\n\n\0";
const CONNECTED = "CONNECTED\nversion:1.2\nheart-beat:5000,5000\nsession:s-1\n\n\0";
const SUBSCRIBE = "SUBSCRIBE\nid:sub-0\ndestination:/topic/a\n\n\0";

function connected(...client: string[]): Conversation {
  const conversation = stomp.start(HANDSHAKE);
  conversation.onClientMessage(textMessage(CONNECT));
  conversation.onUpstreamMessage(textMessage(CONNECTED));
  for (const text of client) conversation.onClientMessage(textMessage(text));
  return conversation;
}

function texts(messages: readonly Message[]): string[] {
  return messages.map(({ data }) => data.toString());
}

function replayed(conversation: Conversation, answer: string): ReplayStep {
  const replay = conversation.replay();
  replay.begin();
  return replay.onUpstreamMessage(textMessage(answer));
}

describe("recognition", () => {
  test.each([
    ["v12.stomp", "yes"],
    ["v10.stomp", "yes"],
    ["mqtt", "no"],
    [null, "no"],
  ])("subprotocol %s: %s", (subprotocol, expected) => {
    expect(stomp.recognise({ ...HANDSHAKE, subprotocol }, { client: null, upstream: null })).toBe(expected);
  });
});

describe("a move", () => {
  test("CONNECT is repeated as it was, CONNECTED swallowed, and the live subscriptions made again in order", () => {
    const conversation = connected(
      SUBSCRIBE,
      "SUBSCRIBE\nid:sub-1\ndestination:/queue/b\nreceipt:r-1\nack:client\n\n\0",
    );
    conversation.onUpstreamMessage(textMessage("RECEIPT\nreceipt-id:r-1\n\n\0"));
    conversation.onClientMessage(
      textMessage("SUBSCRIBE\nid:sub-2\ndestination:/gone\n\n\0UNSUBSCRIBE\nid:sub-2\n\n\0"),
    );
    expect(conversation.obstacle()).toBeNull();

    const replay = conversation.replay();
    expect(texts(replay.begin().toUpstream)).toEqual([CONNECT]);
    const step = replay.onUpstreamMessage(textMessage(`\n${CONNECTED.replace("s-1", "s-2")}\n`));
    expect(step.state).toBe("done");
    expect(texts(step.toUpstream)).toEqual([
      SUBSCRIBE,
      "SUBSCRIBE\nid:sub-1\ndestination:/queue/b\nack:client\n\n\0",
    ]);
    expect(texts(step.toClient)).toEqual(["\n"]);
  });

  test("a CONNECTED in pieces is swallowed whole", () => {
    const replay = connected().replay();
    replay.begin();
    expect(replay.onUpstreamMessage(textMessage(CONNECTED.slice(0, 20)))).toMatchObject({
      state: "more",
      toClient: [],
    });
    expect(replay.onUpstreamMessage(textMessage(CONNECTED.slice(20)))).toMatchObject({
      state: "done",
      toClient: [],
    });
  });

  test.each([
    ["an ERROR", "ERROR\nmessage:Bad credentials\n\n\0"],
    ["another version", CONNECTED.replace("1.2", "1.1")],
    ["another heartbeat", CONNECTED.replace("5000,5000", "0,0")],
    ["something else", "MESSAGE\n\n\0"],
  ])("%s in place of the CONNECTED fails it", (_, answer) => {
    expect(replayed(connected(), answer).state).toHaveProperty("failed");
  });

  test("where nothing has been said yet, there is nothing to repeat", () => {
    const conversation = stomp.start(HANDSHAKE);
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.replay().begin()).toEqual({ toUpstream: [], toClient: [], state: "done" });
  });

  test("the old server hears no DISCONNECT", () => {
    expect(connected()).not.toHaveProperty("goodbye");
  });
});

describe("what is unfinished", () => {
  test.each([
    ["a CONNECT without an answer", [CONNECT], [], "upstream"],
    ["an awaited receipt", [CONNECT, "SEND\ndestination:/a\nreceipt:r\n\nhello\0"], [CONNECTED], "upstream"],
    ["half a frame of the server", [CONNECT], [CONNECTED, "MESSAGE\ncontent-length:9\n\nabc\0"], "upstream"],
    ["half a frame of the client", [CONNECT, "SEND\ndestination:/a\n\nhel"], [CONNECTED], "client"],
    ["an open transaction", [CONNECT, "BEGIN\ntransaction:tx-0\n\n\0"], [CONNECTED], "client"],
    ["nothing", [CONNECT, SUBSCRIBE], [CONNECTED], null],
    ["what never ends", [CONNECT, "DISCONNECT\nreceipt:r\n\n\0"], [CONNECTED], null],
  ])("%s", (_, client, upstream, side) => {
    const conversation = stomp.start(HANDSHAKE);
    for (const text of client) conversation.onClientMessage(textMessage(text));
    for (const text of upstream) conversation.onUpstreamMessage(textMessage(text));
    expect(conversation.unfinished?.()).toBe(side);
  });
});

describe("obstacles", () => {
  test.each([
    ["a CONNECT without an answer", [CONNECT], []],
    ["an open transaction", [CONNECT, "BEGIN\ntransaction:tx-0\n\n\0"], [CONNECTED]],
    ["an awaited receipt", [CONNECT, "SEND\ndestination:/a\nreceipt:r\n\nhello\0"], [CONNECTED]],
    ["half a frame of the client", [CONNECT, "SEND\ndestination:/a\n\nhel"], [CONNECTED]],
    ["half a frame of the server", [CONNECT], [CONNECTED, "MESSAGE\ncontent-length:9\n\nabc\0"]],
    ["a temporary queue", [CONNECT, "SEND\ndestination:/a\nreply-to:/temp-queue/x\n\n\0"], [CONNECTED]],
    ["an ERROR", [CONNECT], [CONNECTED, "ERROR\nmessage:no\n\n\0"]],
    ["a DISCONNECT", [CONNECT, "DISCONNECT\n\n\0"], [CONNECTED]],
    ["a first frame that is no CONNECT", ["SEND\ndestination:/a\n\n\0"], []],
    ["a content-length that is none", [CONNECT, "SEND\ncontent-length:x\n\n\0"], [CONNECTED]],
  ])("%s", (_, client, upstream) => {
    const conversation = stomp.start(HANDSHAKE);
    for (const text of client) conversation.onClientMessage(textMessage(text));
    for (const text of upstream) conversation.onUpstreamMessage(textMessage(text));
    expect(conversation.obstacle()).not.toBeNull();
  });

  test("they pass: COMMIT, RECEIPT, the rest of a frame", () => {
    const conversation = connected(
      "BEGIN\ntransaction:t\n\n\0",
      "COMMIT\ntransaction:t\nreceipt:r\n\n\0",
      "SEND\n\nhel",
    );
    conversation.onUpstreamMessage(textMessage("RECEIPT\nreceipt-id:r\n\n\0"));
    conversation.onClientMessage(textMessage("lo\0"));
    expect(conversation.obstacle()).toBeNull();
  });

  test("a message stays one until its ACK; in mode client an ACK is one for those before it, too", () => {
    const conversation = connected("SUBSCRIBE\nid:s\ndestination:/a\nack:client\n\n\0");
    for (const id of ["1\\c1", "2"])
      conversation.onUpstreamMessage(textMessage(`MESSAGE\nsubscription:s\nmessage-id:m\nack:${id}\n\nx\0`));
    expect(conversation.obstacle()).toBe("a message is not acknowledged");
    conversation.onClientMessage(textMessage("ACK\nid:1\\c1\nsubscription:s\n\n\0"));
    expect(conversation.obstacle()).toBe("a message is not acknowledged");
    conversation.onUpstreamMessage(textMessage("MESSAGE\nsubscription:s\nmessage-id:m\nack:3\n\nx\0"));
    conversation.onClientMessage(textMessage("ACK\nid:3\nsubscription:s\n\n\0"));
    expect(conversation.obstacle()).toBeNull();
  });

  test("in mode client-individual each message needs its own ACK, in 1.1 by message-id", () => {
    const conversation = stomp.start(HANDSHAKE);
    conversation.onClientMessage(textMessage(CONNECT));
    conversation.onUpstreamMessage(textMessage("CONNECTED\nversion:1.1\n\n\0"));
    conversation.onClientMessage(textMessage("SUBSCRIBE\nid:s\ndestination:/a\nack:client-individual\n\n\0"));
    for (const id of ["1", "2"])
      conversation.onUpstreamMessage(textMessage(`MESSAGE\nsubscription:s\nmessage-id:${id}\n\nx\0`));
    conversation.onClientMessage(textMessage("NACK\nmessage-id:2\nsubscription:s\n\n\0"));
    expect(conversation.obstacle()).toBe("a message is not acknowledged");
    conversation.onClientMessage(textMessage("ACK\nmessage-id:1\nsubscription:s\n\n\0"));
    expect(conversation.obstacle()).toBeNull();
  });
});

describe("heartbeats", () => {
  test("the server's is produced twice as often as agreed", () => {
    expect(connected().heartbeat()).toEqual({ everyMs: 2500, message: textMessage("\n") });
  });

  test("none is where one side does not want it", () => {
    const conversation = stomp.start(HANDSHAKE);
    conversation.onClientMessage(textMessage(CONNECT.replace("10000,4000", "10000,0")));
    conversation.onUpstreamMessage(textMessage(CONNECTED));
    expect(conversation.heartbeat()).toBeNull();
  });

  test("the client's are not kept while it waits, but a line end within a frame is", () => {
    const conversation = connected();
    expect(conversation.whileWaiting(textMessage("\n"))).toEqual({ keep: false, answers: [] });
    expect(conversation.whileWaiting(textMessage("SEND\n\nhello")).keep).toBe(true);
    expect(conversation.whileWaiting(textMessage("\n")).keep).toBe(true);
    expect(conversation.whileWaiting(textMessage("\0")).keep).toBe(true);
    expect(conversation.whileWaiting(textMessage("\r\n")).keep).toBe(false);
  });
});

describe("any bytes", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      CONNECT,
      CONNECTED,
      SUBSCRIBE,
      "\n",
      "\0",
      "SEND\ncontent-length:5\n\n",
      "ACK\nid:1\n\n\0",
    ),
  );
  const message = fc.oneof(
    piece.map((text) => textMessage(text)),
    fc.uint8Array().map((bytes): Message => ({ data: Buffer.from(bytes), isBinary: true })),
  );

  test("nothing is thrown, whatever is said", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), message)), (said) => {
        const conversation = stomp.start(HANDSHAKE);
        for (const [isClient, each] of said) {
          if (isClient) conversation.onClientMessage(each);
          else conversation.onUpstreamMessage(each);
          conversation.whileWaiting(each);
          conversation.heartbeat();
        }
        const replay = conversation.replay();
        replay.begin();
        for (const [, each] of said) replay.onUpstreamMessage(each);
        conversation.obstacle();
      }),
    );
  });

  test("frames are the same however the stream is cut", () => {
    const stream =
      CONNECT +
      SUBSCRIBE +
      "\n\nSEND\r\ndestination:/a\r\ncontent-length:3\r\n\r\na\0b\0" +
      SUBSCRIBE.replace("sub-0", "x");
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const conversation = stomp.start(HANDSHAKE);
        const points = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        for (const [index, at] of points.entries())
          conversation.onClientMessage(textMessage(stream.slice(at, points[index + 1])));
        conversation.onUpstreamMessage(textMessage(CONNECTED));
        expect(replayed(conversation, CONNECTED).toUpstream).toHaveLength(2);
      }),
    );
  });
});

describe("bounds", () => {
  test("more subscriptions than may be remembered, or open receipts, are an obstacle", () => {
    const subscribed = connected(
      ...Array.from({ length: 2000 }, (_, at) => SUBSCRIBE.replace("sub-0", `sub-${at}`)),
    );
    expect(subscribed.obstacle()).toContain("64 KiB");
    const asking = connected(...Array.from({ length: 2000 }, (_, at) => `SEND\nreceipt:${at}\n\n\0`));
    expect(asking.obstacle()).toBe("too much was open at once");
    expect(connected("SEND\n", `a:${"b".repeat(70_000)}\n\n\0`).obstacle()).toBe("it does not speak STOMP");
  });
});
