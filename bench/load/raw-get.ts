// A GET with a browser's headers on a connection of its own, for load that must weigh little on this side.

import { connect, type Socket } from "node:net";
import { BROWSER_HEADERS } from "./browser-head.ts";

export interface RawGet {
  socket: Socket;
  /** The status of the answer, or null when the connection ended without one. */
  answered: Promise<number | null>;
}

export function rawGet(port: number, path: string): RawGet {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const socket = connect(port, "127.0.0.1");
  let head = "";
  socket.on("error", () => undefined).on("close", () => resolve(null));
  socket.on("data", (chunk: Buffer) => {
    head += chunk.toString("latin1");
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    if (status !== undefined) resolve(Number(status));
  });
  const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...BROWSER_HEADERS];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return { socket, answered: promise };
}
