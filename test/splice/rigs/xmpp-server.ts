// A small XMPP server over WebSocket: framing as in RFC 7395, SASL PLAIN and ANONYMOUS, resource binding, messages and
// pings (XEP-0199). It has no stream management (XEP-0198), so a login is a new session.
//
//   <open/>   ──▶ <open/> <features: mechanisms/>
//   <auth/>   ──▶ <success/> or <failure/>
//   <open/>   ──▶ <open/> <features: bind/>            the stream begins anew
//   <iq><bind/></iq> ──▶ <iq type="result"><bind><jid/></bind></iq>     online
//   <close/>  ──▶ <close/>, then the socket's Close

import { randomUUID } from "node:crypto";
import { Element, parse } from "ltx";
import type { WebSocket } from "ws";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, startWebSocketApp, textOf } from "./websocket-app.ts";

export const PATH = "/xmpp-websocket";
export const DOMAIN = "rig.example";
export const PASSWORD = "let me in";

const NORMAL_CLOSURE = 1000;
const NS = {
  framing: "urn:ietf:params:xml:ns:xmpp-framing",
  stream: "http://etherx.jabber.org/streams",
  sasl: "urn:ietf:params:xml:ns:xmpp-sasl",
  bind: "urn:ietf:params:xml:ns:xmpp-bind",
  client: "jabber:client",
};

export function startServer(options: ServerOptions): Promise<RigServer> {
  return startWebSocketApp({
    options,
    subprotocol: "xmpp",
    serve: (socket, book) => new Stream(socket, book),
    farewell: endStream,
  });
}

function endStream(socket: WebSocket): void {
  socket.send(element("close", { xmlns: NS.framing }).toString());
  socket.close(NORMAL_CLOSURE);
}

class Stream {
  readonly #socket: WebSocket;
  readonly #book: ServerBook;
  /** Null: has not logged in. */
  #user: string | null = null;
  #jid = "";

  constructor(socket: WebSocket, book: ServerBook) {
    this.#socket = socket;
    this.#book = book;
    socket.on("message", (data) => this.#take(parse(textOf(data))));
  }

  #take(stanza: Element): void {
    if (stanza.is("open", NS.framing)) return this.#open();
    if (stanza.is("close", NS.framing)) return endStream(this.#socket);
    if (this.#user === null) return this.#logIn(stanza);
    if (stanza.is("iq")) return this.#answer(stanza, this.#user);
    if (stanza.is("message")) this.#book.take(this.#user, Number(stanza.getChildText("body")));
  }

  #open(): void {
    const opening = { xmlns: NS.framing, from: DOMAIN, id: randomUUID(), version: "1.0", "xml:lang": "en" };
    this.#send(element("open", opening));
    const features = element("stream:features", { "xmlns:stream": NS.stream });
    if (this.#user !== null) features.c("bind", { xmlns: NS.bind });
    else
      for (const name of ["PLAIN", "ANONYMOUS"]) {
        const mechanisms = features.getChild("mechanisms") ?? features.c("mechanisms", { xmlns: NS.sasl });
        mechanisms.c("mechanism").t(name);
      }
    this.#send(features);
  }

  #logIn(stanza: Element): void {
    const user = stanza.is("auth", NS.sasl) ? userOf(stanza) : null;
    if (user === null) return this.#send(element("failure", { xmlns: NS.sasl }, element("not-authorized")));
    this.#user = user;
    this.#send(element("success", { xmlns: NS.sasl }));
  }

  #answer(iq: Element, user: string): void {
    const result = element("iq", { xmlns: NS.client, type: "result", id: iq.attrs["id"], from: DOMAIN });
    const binding = iq.getChild("bind", NS.bind);
    if (binding === undefined) return this.#send(result);
    this.#jid = `${user}@${DOMAIN}/${binding.getChildText("resource") ?? randomUUID()}`;
    result.c("bind", { xmlns: NS.bind }).c("jid").t(this.#jid);
    this.#send(result);
    joinWith(this.#book, user, this.#socket, (number) => this.#message(String(number)));
  }

  #message(text: string): void {
    const attributes = { xmlns: NS.client, from: DOMAIN, to: this.#jid, type: "chat" };
    this.#send(element("message", attributes, element("body", {}, text)));
  }

  #send(stanza: Element): void {
    this.#socket.send(stanza.toString());
  }
}

/** Null: is not let in. */
function userOf(auth: Element): string | null {
  if (auth.attrs["mechanism"] === "ANONYMOUS") return randomUUID();
  const [, user = "", password] = Buffer.from(auth.getText(), "base64").toString().split("\0");
  return auth.attrs["mechanism"] === "PLAIN" && password === PASSWORD ? user : null;
}

function element(name: string, attributes: Record<string, string> = {}, child?: Element | string): Element {
  const made = new Element(name, attributes);
  if (child instanceof Element) made.cnode(child);
  else if (child !== undefined) made.t(child);
  return made;
}
