// A WebSocket on a bare socket: for load, a client that thinks about every frame costs too much.

import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { acceptKey } from "./accept-key.ts";
import { BROWSER_HEADERS } from "./browser-head.ts";

const HEAD_END = "\r\n\r\n";
const OPEN_TIMEOUT_MS = 10_000;

/** Resolves with the socket once the handshake is through; what comes on it then are frames. */
export function openTunnel(port: number, path = "/ws"): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const key = randomBytes(16).toString("base64");
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  socket.setTimeout(OPEN_TIMEOUT_MS, () =>
    socket.destroy(new Error("the handshake was not answered in time")),
  );
  socket.once("error", reject).once("close", () => reject(new Error("closed during the handshake")));
  let head = "";
  socket.on("data", function onHead(chunk: Buffer) {
    head += chunk.toString("latin1");
    if (!head.includes(HEAD_END)) return;
    socket.off("data", onHead).setTimeout(0);
    const problem = problemOf(head, key);
    if (problem === null) resolve(socket);
    else socket.destroy(new Error(problem));
  });
  socket.write(handshake(port, path, key));
  return promise;
}

/** Opens many, a few at a time, so that no backlog overflows. */
export async function openTunnels(port: number, count: number): Promise<Socket[]> {
  const tunnels: Socket[] = [];
  while (tunnels.length < count) {
    const batch = Math.min(50, count - tunnels.length);
    tunnels.push(...(await Promise.all(Array.from({ length: batch }, () => openTunnel(port)))));
  }
  return tunnels;
}

function handshake(port: number, path: string, key: string): string {
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...BROWSER_HEADERS, ...upgrade];
  return `${lines.join("\r\n")}\r\nSec-WebSocket-Key: ${key}${HEAD_END}`;
}

function problemOf(head: string, key: string): string | null {
  const [statusLine = ""] = head.split("\r\n");
  if (!/^HTTP\/1\.1 101\b/.test(statusLine)) return `the handshake was answered with "${statusLine}"`;
  const accept = /^sec-websocket-accept: *(.+?) *$/im.exec(head)?.[1];
  if (accept !== acceptKey(key)) return `the handshake was accepted with "${accept}"`;
  return head.endsWith(HEAD_END) ? null : "frames came before anything was said";
}
