import { expect, it } from "vitest";
import { jsonMessage, textMessage } from "../../../src/splice/message.ts";
import type { Protocol } from "../../../src/splice/protocol.ts";
import { PROTOCOLS, protocolNamed, Recogniser } from "../../../src/splice/protocols/recognise.ts";
import { HANDSHAKE } from "../harmless.ts";

const AUTHENTICATE = jsonMessage({ type: "authenticate", token: "t" });
const AUTHENTICATED = jsonMessage({ type: "authenticated", server_version: "1" });

function nameOf({ outcome }: Recogniser): string {
  return outcome.name === "recognised" ? outcome.protocol.name : outcome.name;
}

it("knows by the handshake alone what shows there", () => {
  const at = (change: object) => nameOf(new Recogniser({ ...HANDSHAKE, ...change }));
  const asked = (query: string) => ({ query: new URLSearchParams(query) });
  expect(at({ subprotocol: "actioncable-v1-json" })).toBe("actioncable");
  expect(at({ subprotocol: "graphql-transport-ws" })).toBe("graphql-transport-ws");
  expect(at({ subprotocol: "v12.stomp" })).toBe("stomp");
  expect(at({ subprotocol: "xmpp" })).toBe("xmpp");
  expect(at(asked("EIO=4&transport=websocket"))).toBe("socket.io");
  expect(at({ ...asked("vsn=2.0.0"), path: "/app/socket/websocket" })).toBe("phoenix");
  expect(at({ path: "/api/v4/websocket" })).toBe("mattermost");
  expect(at({ path: "/chat/123/abcdefgh/websocket" })).toBe("sockjs");
});

it("is undecided until the first messages are there, and then has a conversation that has heard them", () => {
  const recogniser = new Recogniser(HANDSHAKE);
  expect(nameOf(recogniser)).toBe("undecided");
  expect(recogniser.onClientMessage(AUTHENTICATE).name).toBe("undecided");
  const outcome = recogniser.onUpstreamMessage(AUTHENTICATED);
  if (outcome.name !== "recognised") throw new Error("not recognised");
  expect(outcome.protocol.name).toBe("chatalot");
  expect(outcome.conversation.obstacle()).toBeNull();
  expect(outcome.conversation.replay().begin().toUpstream).toEqual([AUTHENTICATE]);
});

it("knows the client's first message whenever it comes", () => {
  const recogniser = new Recogniser(HANDSHAKE);
  for (let count = 0; count < 3; count += 1) recogniser.onUpstreamMessage(textMessage("tick"));
  recogniser.onClientMessage(textMessage('{"protocol":"json","version":1}\x1e'));
  expect(nameOf(recogniser)).toBe("signalr");
});

it("gives up, for good, when both sides have spoken and nothing showed", () => {
  const recogniser = new Recogniser(HANDSHAKE);
  recogniser.onClientMessage(textMessage("hello"));
  recogniser.onUpstreamMessage(textMessage("hello"));
  expect(nameOf(recogniser)).toBe("unknown");
  recogniser.onClientMessage(AUTHENTICATE);
  recogniser.onUpstreamMessage(AUTHENTICATED);
  expect(nameOf(recogniser)).toBe("unknown");
});

it("takes a yes over those who would wait", () => {
  const patient: Protocol = { ...named("sockjs"), name: "patient", recognise: () => "later" };
  const sure: Protocol = { ...named("sockjs"), name: "sure", recognise: () => "yes" };
  expect(nameOf(new Recogniser(HANDSHAKE, [patient, sure]))).toBe("sure");
});

it("does not keep, nor take for anything, a first message that could not be remembered", () => {
  const seen: number[] = [];
  const curious: Protocol = {
    ...named("sockjs"),
    recognise: (_, { client }) => {
      if (client !== null) seen.push(client.data.length);
      return "later";
    },
  };
  new Recogniser(HANDSHAKE, [curious]).onClientMessage(textMessage("x".repeat(65_537)));
  expect(seen).toEqual([0]);
});

it("finds each protocol by its name, and has none for what needs more than a name", () => {
  for (const protocol of PROTOCOLS) expect(protocolNamed(protocol.name)).toBe(protocol);
  expect(new Set(PROTOCOLS.map(({ name }) => name)).size).toBe(PROTOCOLS.length);
  expect(protocolNamed("auto")).toBeNull();
  expect(protocolNamed("custom")).toBeNull();
});

function named(name: string): Protocol {
  const protocol = protocolNamed(name);
  if (protocol === null) throw new Error(`no protocol ${name}`);
  return protocol;
}
