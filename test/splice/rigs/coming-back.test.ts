// What the libraries of the protocols that are never moved make of being asked to come back: in their module's own way,
// and in others that look as good. How long it takes stands at the head of each rig.

import { describe, expect, test, type TestContext } from "vitest";
import { textMessage } from "../../../src/splice/message.ts";
import { type Farewell, type Protocol, SERVICE_RESTART } from "../../../src/splice/protocol.ts";
import { signalr } from "../../../src/splice/protocols/signalr.ts";
import { sockjs } from "../../../src/splice/protocols/sockjs.ts";
import { xmpp } from "../../../src/splice/protocols/xmpp.ts";
import { eventually } from "../../support/eventually.ts";
import { startFarewellRelay } from "./farewell-relay.ts";
import { PushCounters, type Rig } from "./rig.ts";
import { rig as signalrRig } from "./signalr-rig.ts";
import { rig as sockjsRig } from "./sockjs-rig.ts";
import { rig as xmppRig } from "./xmpp-rig.ts";

const SYSTEM_SHUTDOWN =
  '<stream:error xmlns:stream="http://etherx.jabber.org/streams">' +
  '<system-shutdown xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>';

describe("asked by its protocol's own farewell", () => {
  test.concurrent("a SockJS client hears that its connection was not clean, and its app comes back", async ({
    onTestFinished,
  }) => {
    const { client, server, relay } = await meet(sockjsRig, sockjs, onTestFinished);
    relay.farewell();
    await isBack(client, server);
    // websocket-driver, which the library uses in Node, takes 1012 for a wrong code; a browser says 1012.
    expect(client.disruptions).toEqual(["close 1002 service restart, clean: false", "back"]);
    expect(server.handshakes).toBe(2);
  });

  test.concurrent("a SignalR client comes back at once", async ({ onTestFinished }) => {
    const { client, server, relay } = await meet(signalrRig, signalr, onTestFinished);
    relay.farewell();
    await isBack(client, server);
    expect(client.disruptions).toEqual(["reconnecting: no error", "reconnected"]);
    expect(server.handshakes).toBe(2);
  });

  test.concurrent("an XMPP client comes back, and logs in once", async ({ onTestFinished }) => {
    const { client, server, relay } = await meet(xmppRig, xmpp, onTestFinished);
    relay.farewell();
    await isBack(client, server);
    expect(client.disruptions).toEqual(["disconnect", "online"]);
    expect(server.handshakes).toBe(2);
  });
});

describe("asked in another way", () => {
  test.concurrent("a SockJS client believes a `c` frame, too, but as the clean end that the app has asked for", async ({
    onTestFinished,
  }) => {
    const { client, relay } = await meet(sockjsRig, sockjs, onTestFinished);
    relay.farewell(saying('c[1012,"service restart"]'));
    await eventually(() => expect(client.disruptions).toEqual(["close 1012 service restart, clean: true"]));
  });

  test.concurrent("a SignalR client that hears nothing before the Close comes back at once", async ({
    onTestFinished,
  }) => {
    const { client, server, relay } = await meet(signalrRig, signalr, onTestFinished);
    relay.farewell(SERVICE_RESTART);
    await isBack(client, server);
    expect(client.disruptions).toEqual([
      "reconnecting: WebSocket closed with status code: 1012 (service restart).",
      "reconnected",
    ]);
  });

  test.concurrent("a SignalR client takes a Close message without allowReconnect for the end", async ({
    onTestFinished,
  }) => {
    const { client, relay } = await meet(signalrRig, signalr, onTestFinished);
    relay.farewell(saying('{"type":7}\x1e'));
    await eventually(() => expect(client.disruptions).toEqual(["close: no error"]));
    expect(client.isConnected).toBe(false);
  });

  test.concurrent("an XMPP client that hears of a system-shutdown comes back twice", async ({
    onTestFinished,
  }) => {
    const { client, server, relay } = await meet(xmppRig, xmpp, onTestFinished);
    relay.farewell(saying(SYSTEM_SHUTDOWN));
    await eventually(() => expect(server.handshakes).toBe(3));
    expect(client.disruptions.slice(0, 4)).toEqual([
      "error: system-shutdown",
      "disconnect",
      "online",
      "disconnect",
    ]);
  });
});

function saying(text: string): Farewell {
  return { ...SERVICE_RESTART, messages: [textMessage(text)] };
}

async function meet(rig: Rig, protocol: Protocol, onTestFinished: TestContext["onTestFinished"]) {
  const server = await rig.startServer({ version: "1", pushed: new PushCounters() });
  onTestFinished(() => server.kill());
  const relay = await startFarewellRelay(server.url, protocol);
  onTestFinished(() => relay.close());
  const client = await rig.connect(relay.url, { signal: AbortSignal.timeout(5_000) });
  onTestFinished(() => client.close());
  await client.ask?.(AbortSignal.timeout(5_000));
  return { server, relay, client };
}

type Meeting = Awaited<ReturnType<typeof meet>>;

async function isBack(client: Meeting["client"], server: Meeting["server"]): Promise<void> {
  await eventually(() => expect(server.handshakes).toBe(2));
  await eventually(() => expect(client.isConnected && server.push(client.id)).toBe(true));
  await eventually(() => expect(client.received).toEqual([1]));
}
