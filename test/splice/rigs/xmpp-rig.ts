// XMPP over WebSocket with xmpp.js, which logs in by PLAIN and comes back by itself. The server is xmpp-server.ts.
// Measured (coming-back.test.ts): after a Close 1012 without a word, and after a killed server, it is back in 1.02 s: its
// fixed pause of 1 s and a login of some 5 ms. After a <system-shutdown/> it is back after 1 s, too, cuts that
// connection after 2 s, as its own <close/> was never answered, and is back again after 3 s.

import { client, xml } from "@xmpp/client";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { socketUrl } from "./websocket-app.ts";
import { DOMAIN, PASSWORD, PATH, startServer } from "./xmpp-server.ts";

const PING = xml("ping", { xmlns: "urn:xmpp:ping" });

export const rig: Rig = { name: "xmpp", protocol: "auto", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const service = socketUrl(url, PATH);
  const xmpp = client({ service, domain: DOMAIN, username: book.id, password: PASSWORD });
  xmpp.on("stanza", (stanza) => {
    if (stanza.is("message")) book.take(Number(stanza.getChildText("body")));
  });
  xmpp.on("error", (error) => book.disrupted(`error: ${error.message}`));
  await orAborted(xmpp.start(), signal);
  xmpp.on("disconnect", () => book.disrupted("disconnect"));
  xmpp.on("online", () => book.disrupted("online"));
  return rigClient(book, {
    send: (number) => {
      const message = xml("message", { type: "chat", to: DOMAIN }, xml("body", {}, String(number)));
      xmpp.send(message).catch((error: Error) => book.disrupted(`send: ${error.message}`));
    },
    ask: (giveUp) => orAborted(xmpp.iqCaller.get(PING, DOMAIN), giveUp),
    isConnected: () => xmpp.status === "online",
    close: async () => {
      xmpp.reconnect.stop();
      if (xmpp.status === "online") await xmpp.stop();
    },
  });
}
