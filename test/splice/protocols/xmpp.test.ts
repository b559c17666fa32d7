import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import { xmpp } from "../../../src/splice/protocols/xmpp.ts";
import { expectHarmless, HANDSHAKE, NOTHING } from "../harmless.ts";

const OPEN = textMessage('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>');

it("is recognised by its subprotocol", () => {
  expect(xmpp.recognise({ ...HANDSHAKE, subprotocol: "xmpp" }, NOTHING)).toBe("yes");
  expect(xmpp.recognise(HANDSHAKE, { client: OPEN, upstream: OPEN })).toBe("no");
});

it("is never moved; its socket is closed without a stream error, which would bring xmpp.js back twice", () => {
  const conversation = xmpp.start({ ...HANDSHAKE, subprotocol: "xmpp" });
  conversation.onClientMessage(OPEN);
  expect(conversation.obstacle()).toMatch(/login/);
  expect(conversation.farewell()).toEqual({ messages: [], code: 1012, reason: "service restart" });
});

it("throws at nothing", () => expectHarmless(xmpp, fc.constant(OPEN)));
