// The packets are those of mqtt-packet 9 (MQTT.js 5, aedes 1), taken from the wire; MQTT.js in Node sends each field of one as a
// message of its own.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Conversation, Handshake, Message, ReplayStep } from "../../../src/splice/protocol.ts";
import { mqtt } from "../../../src/splice/protocols/mqtt.ts";
import { makePacket } from "../../../src/splice/protocols/mqtt-packets.ts";

const HANDSHAKE: Handshake = { path: "/mqtt", query: new URLSearchParams(), subprotocol: "mqtt" };
// With a clean session, a will and a password.
const CONNECT = "102800044d51545404ce00020005616c696365000477696c6c0004646561640001750006736563726574";
const CONNACK = "20020000";
const CONNACK_PRESENT = "20020100";
// "a/#" with QoS 1 and "b" with QoS 0.
const SUBSCRIBE = "820c00070003612f230100016200";
const SUBACK = "900400070100";
const REMADE = ["820800010003612f2301", "8206000200016200"];

function bytes(hex: string): Message {
  return { data: Buffer.from(hex.replaceAll(" ", ""), "hex"), isBinary: true };
}

function hexes(messages: readonly Message[]): string {
  return messages.map(({ data }) => data.toString("hex")).join("");
}

/** `>` is said by the client, `<` by the broker. */
function said(...lines: string[]): Conversation {
  const conversation = mqtt.start(HANDSHAKE);
  for (const line of lines) {
    const message = bytes(line.slice(1));
    if (line.startsWith(">")) conversation.onClientMessage(message);
    else conversation.onUpstreamMessage(message);
  }
  return conversation;
}

const CONNECTED = [`>${CONNECT}`, `<${CONNACK}`];
const SUBSCRIBED = [...CONNECTED, `>${SUBSCRIBE}`, `<${SUBACK}`];

function replayed(conversation: Conversation, ...answers: string[]): ReplayStep[] {
  const replay = conversation.replay();
  return [replay.begin(), ...answers.map((answer) => replay.onUpstreamMessage(bytes(answer)))];
}

/** MQTT 5: a CONNECT with these properties. */
function connect5(properties: string, clean = true): string {
  const length = Buffer.from([properties.length / 2]).toString("hex");
  return makePacket(
    0x10,
    Buffer.from(`00044d51545405${clean ? "02" : "00"}003c${length}${properties}000161`, "hex"),
  ).toString("hex");
}

describe("what is unfinished", () => {
  // PUBLISH of QoS 1 with the identifier 1 to the topic "a", and its PUBACK.
  const [PUBLISH, PUBACK] = ["320600016100 0178", "40020001"];

  test.each([
    ["a CONNECT without an answer", [`>${CONNECT}`], "upstream"],
    ["a SUBSCRIBE without an answer", [...CONNECTED, `>${SUBSCRIBE}`], "upstream"],
    ["what the client has published", [...CONNECTED, `>${PUBLISH}`], "upstream"],
    [
      "what the client has published and the broker acknowledged",
      [...CONNECTED, `>${PUBLISH}`, `<${PUBACK}`],
      null,
    ],
    ["what the broker has published", [...CONNECTED, `<${PUBLISH}`], "client"],
    ["half a packet of the client", [...CONNECTED, ">3206"], "client"],
    ["half a packet of the broker", [...CONNECTED, "<3206"], "upstream"],
    ["nothing", SUBSCRIBED, null],
  ])("%s is for the other side to finish", (_, lines, side) => {
    expect(said(...lines).unfinished?.()).toBe(side);
  });
});

describe("recognition", () => {
  test.each([
    ["mqtt", "yes"],
    ["mqttv3.1", "yes"],
    ["v12.stomp", "no"],
    [null, "no"],
  ])("subprotocol %s: %s", (subprotocol, expected) => {
    expect(mqtt.recognise({ ...HANDSHAKE, subprotocol }, { client: null, upstream: null })).toBe(expected);
  });
});

describe("a move", () => {
  test("CONNECT is repeated as it was, subscriptions are made again, and their answers swallowed", () => {
    const conversation = said(...SUBSCRIBED);
    expect(conversation.obstacle()).toBeNull();
    const steps = replayed(conversation, CONNACK, "9003000101", "9003000200");
    expect(steps.map(({ state }) => state)).toEqual(["more", "more", "more", "done"]);
    expect(steps.map(({ toUpstream }) => hexes(toUpstream))).toEqual([CONNECT, REMADE.join(""), "", ""]);
    expect(steps.flatMap(({ toClient }) => toClient)).toEqual([]);
    expect(conversation.obstacle()).toBeNull();
  });

  test("with a session present nothing is made again, and what the broker has kept goes to the client", () => {
    const [, step] = replayed(said(...SUBSCRIBED), `${CONNACK_PRESENT}3005000162aabb`);
    expect(step).toMatchObject({ state: "done", toUpstream: [] });
    expect(hexes(step?.toClient ?? [])).toBe("3005000162aabb");
  });

  test("a retained message between the answers, in pieces, goes to the client and nothing else does", () => {
    const conversation = said(...SUBSCRIBED);
    const steps = replayed(conversation, `${CONNACK}3105`, "000162aabb90", "03000101900300", "0200");
    expect(hexes(steps.flatMap(({ toClient }) => toClient))).toBe("3105000162aabb");
    expect(steps.at(-1)?.state).toBe("done");
    expect(conversation.obstacle()).toBeNull();
  });

  test("what was unsubscribed, or refused, is not made again", () => {
    const conversation = said(
      ...CONNECTED,
      `>${SUBSCRIBE}`,
      "<900400070180",
      ">a207 0008 0003612f23",
      "<b002 0008",
    );
    expect(replayed(conversation, CONNACK).at(-1)).toMatchObject({ state: "done", toUpstream: [] });
  });

  test.each([
    ["a refused CONNECT", ["20020005"]],
    ["a refused SUBSCRIBE", [CONNACK, "9003000180"]],
    ["a lesser QoS", [CONNACK, "9003000100"]],
    ["another packet", ["d000"]],
    ["no MQTT", ["ffffffffffff"]],
  ])("%s fails it", (_, answers) => {
    expect(replayed(said(...SUBSCRIBED), ...answers).at(-1)?.state).toHaveProperty("failed");
  });

  test("a kept session that the new broker does not have fails it: its older subscriptions are not known", () => {
    const kept = CONNECT.replace("04ce", "04cc");
    expect(replayed(said(`>${kept}`, `<${CONNACK_PRESENT}`), CONNACK).at(-1)?.state).toHaveProperty("failed");
  });

  test("where nothing has been said yet, there is nothing to repeat", () => {
    expect(said().obstacle()).toBeNull();
    expect(said().replay().begin()).toEqual({ toUpstream: [], toClient: [], state: "done" });
  });

  test("the old broker hears a DISCONNECT where it would publish a will, and not within a packet", () => {
    expect(hexes(said(...CONNECTED).goodbye?.() ?? [])).toBe("e000");
    expect(said(...CONNECTED, ">30").goodbye?.()).toEqual([]);
    expect(said(...CONNECTED, ">e000").goodbye?.()).toEqual([]);
    expect(said(`>${connect5("")}`, "<2003000000").goodbye?.()).toEqual([]);
  });
});

describe("obstacles", () => {
  test.each([
    ["a CONNECT without an answer", [`>${CONNECT}`]],
    ["a SUBSCRIBE without an answer", [...CONNECTED, `>${SUBSCRIBE}`]],
    ["QoS 1 from the client", [...CONNECTED, ">3205000162000a"]],
    [
      "QoS 2 from the client, without its PUBCOMP",
      [...CONNECTED, ">3405000162000a", "<5002000a", ">6202000a"],
    ],
    ["QoS 2 from the broker", [...CONNECTED, "<3405000162000a"]],
    ["a packet of the client that has not ended", [...CONNECTED, ">300500"]],
    ["a packet of the broker that has not ended", [...CONNECTED, "<30050001"]],
    ["a first packet that is no CONNECT", [">c000"]],
    ["a refused CONNECT", [`>${CONNECT}`, "<20020005"]],
    ["a DISCONNECT", [...CONNECTED, ">e000"]],
    ["bytes that are no packets", [...CONNECTED, "<3fffffffffff"]],
    ["MQTT 3.1 without a clean session", [">100f00064d51497364700300003c000161", "<20020000"]],
  ])("%s", (_, lines) => {
    expect(said(...lines).obstacle()).not.toBeNull();
  });

  test("QoS 1 from the broker is none: the client has it, and its acknowledgement may go anywhere", () => {
    const conversation = said(...CONNECTED, "<3205000162000a");
    expect(conversation.obstacle()).toBeNull();
    expect(conversation.whileWaiting(bytes("4002000a")).keep).toBe(true);
  });

  test("they pass with the acknowledgement", () => {
    const one = ["<3205000162000a", ">4002000a", ">32050001620001", "<40020001"];
    const two = [
      ">3405000162000a",
      "<5002000a",
      ">6202000a",
      "<7002000a",
      "<3405000162000b",
      ">5002000b",
      "<6202000b",
      ">7002000b",
    ];
    expect(said(...CONNECTED, ...one, ...two).obstacle()).toBeNull();
  });

  test("a text message is no MQTT", () => {
    const conversation = said(...CONNECTED);
    conversation.onClientMessage({ data: Buffer.from("hello"), isBinary: false });
    expect(conversation.obstacle()).toBe("it does not speak MQTT");
  });
});

describe("MQTT 5", () => {
  test("a session that lasts is asked for even where it began with a clean start", () => {
    const conversation = said(`>${connect5("1100000e10")}`, "<2003000000");
    const steps = replayed(conversation, "2003000000");
    expect(hexes(steps[0]?.toUpstream ?? [])).toBe(connect5("1100000e10", false));
    expect(steps.at(-1)?.state).toBe("done");
  });

  test("a subscription is made again with its properties and options", () => {
    const conversation = said(
      `>${connect5("")}`,
      "<2003000000",
      ">8209 0003 020b05 0001622d",
      "<9004 0003 00 01",
    );
    const [, step] = replayed(conversation, "2003000000");
    expect(hexes(step?.toUpstream ?? [])).toBe("82090001020b050001622d");
  });

  test.each([
    ["an id that the broker has chosen", [`>${connect5("")}`, "<2007 0000 0412000178"]],
    ["extended authentication", [`>${connect5("15000178")}`, "<2003000000"]],
    ["a topic alias of the client", [`>${connect5("")}`, "<2003000000", ">30070001620323000178"]],
    ["a DISCONNECT of the broker", [`>${connect5("")}`, "<2003000000", "<e0018b"]],
  ])("%s is an obstacle", (_, lines) => {
    expect(said(...lines).obstacle()).not.toBeNull();
  });

  test("a topic alias of the broker is none: it tells its topic again", () => {
    expect(said(`>${connect5("22000a")}`, "<2003000000", "<30080001620323000178").obstacle()).toBeNull();
  });

  test("other limits than before fail a move", () => {
    const steps = replayed(said(`>${connect5("")}`, "<2006000003210014"), "2006000003210005");
    expect(steps.at(-1)?.state).toEqual({ failed: "the broker's limits are others (property 0x21)" });
  });

  test("a refusing PUBREC ends its exchange", () => {
    const lines = [">3406 000162 000a 00", "<5003000a87"];
    expect(said(`>${connect5("")}`, "<2003000000", ...lines).obstacle()).toBeNull();
  });
});

describe("while it waits", () => {
  test("PINGREQ is answered and not kept, other packets are kept", () => {
    const conversation = said(...CONNECTED);
    expect(conversation.whileWaiting(bytes("c000"))).toMatchObject({ keep: false, answers: [bytes("d000")] });
    expect(conversation.whileWaiting(bytes("3005000162aabb"))).toEqual({ keep: true, answers: [] });
    expect(conversation.heartbeat()).toBeNull();
  });

  test("one that shares its message, or is torn, is kept and answered", () => {
    const conversation = said(...CONNECTED);
    expect(conversation.whileWaiting(bytes("3005000162aabbc000"))).toEqual({
      keep: true,
      answers: [bytes("d000")],
    });
    expect(conversation.whileWaiting(bytes("c0"))).toEqual({ keep: true, answers: [] });
    expect(conversation.whileWaiting(bytes("00"))).toEqual({ keep: true, answers: [bytes("d000")] });
    expect(conversation.whileWaiting(bytes("c000")).keep).toBe(false);
  });
});

const packet = fc.constantFrom(
  CONNECT,
  CONNACK,
  SUBSCRIBE,
  SUBACK,
  "c000",
  "3205000162000a",
  "4002000a",
  connect5("1100000e10"),
);
const anyMessage = fc.oneof(
  packet.map((hex) => bytes(hex)),
  fc.uint8Array().map((data): Message => ({ data: Buffer.from(data), isBinary: true })),
);

describe("any bytes", () => {
  test("nothing is thrown, whatever is said", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), anyMessage)), (messages) => {
        const conversation = mqtt.start(HANDSHAKE);
        for (const [isClient, each] of messages) {
          if (isClient) conversation.onClientMessage(each);
          else conversation.onUpstreamMessage(each);
          conversation.whileWaiting(each);
          conversation.goodbye?.();
        }
        const replay = conversation.replay();
        replay.begin();
        for (const [, each] of messages) replay.onUpstreamMessage(each);
        conversation.obstacle();
      }),
    );
  });
});

describe("bounds", () => {
  test("more subscriptions than may be remembered, or identifiers in flight, are an obstacle", () => {
    const filter = "61".repeat(1000);
    const subscribed = said(...CONNECTED);
    for (let at = 1; at < 70; at++) {
      const id = at.toString(16).padStart(4, "0");
      const body = Buffer.from(`${id}03ea${id}${filter}00`, "hex");
      subscribed.onClientMessage({ data: makePacket(0x82, body), isBinary: true });
      subscribed.onUpstreamMessage(bytes(`9003${id}00`));
    }
    expect(subscribed.obstacle()).toContain("64 KiB");
    const ids = Array.from(
      { length: 2000 },
      (_, at) => `>3205000162${(at + 1).toString(16).padStart(4, "0")}`,
    );
    expect(said(...CONNECTED, ...ids).obstacle()).toBe("too much was in flight at once");
  });
});
