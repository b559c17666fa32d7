// A plain WebSocket with the library `ws` on both sides, with permessage-deflate or without it. `ws` does not come back
// by itself.

import { once } from "node:events";
import { WebSocket } from "ws";
import { ClientBook, rigClient } from "./client-book.ts";
import type { Rig, RigServer, ServerOptions } from "./rig.ts";
import { joinWith, socketUrl, startWebSocketApp, textOf } from "./websocket-app.ts";

// Numbers are short: without a threshold nothing would be compressed. Both sides take over their context by default.
const DEFLATE = { threshold: 0 };

export interface PlainRigOptions {
  readonly serverDeflates: boolean;
  readonly clientDeflates: boolean;
}

export const rig: Rig = plainRig({ serverDeflates: false, clientDeflates: false });

export function plainRig({ serverDeflates, clientDeflates }: PlainRigOptions): Rig {
  return {
    name: "plain",
    protocol: "plain",
    startServer: (options) => startServer(options, serverDeflates),
    async connect(url, { id, signal } = {}) {
      const book = new ClientBook(id);
      const socket = new WebSocket(socketUrl(url, `/ws?client=${book.id}`), {
        perMessageDeflate: clientDeflates ? DEFLATE : false,
      });
      socket.on("message", (data) => book.take(Number(textOf(data))));
      await once(socket, "open", { signal });
      socket.on("error", (error) => book.disrupted(`error: ${error.message}`));
      socket.on("close", (code, reason) => book.disrupted(`close ${code} ${reason.toString()}`.trim()));
      return rigClient(book, {
        send: (number) => socket.send(String(number)),
        ask: null,
        isConnected: () => socket.readyState === WebSocket.OPEN,
        close: () => closeSocket(socket),
      });
    },
  };
}

function startServer(options: ServerOptions, deflates: boolean): Promise<RigServer> {
  return startWebSocketApp({
    options,
    subprotocol: null,
    perMessageDeflate: deflates ? DEFLATE : false,
    serve: (socket, book, { url = "/" }) => {
      const clientId = new URL(url, "http://rig").searchParams.get("client") ?? "";
      joinWith(book, clientId, socket, (number) => socket.send(String(number)));
      socket.on("message", (data) => book.take(clientId, Number(textOf(data))));
    },
  });
}

async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket, "close");
  socket.close();
  await closed;
}
