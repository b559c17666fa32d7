// Many requests on connections of their own, as light as they can be made, for tests that hold thousands.

import { connect, type Socket } from "node:net";
import { BROWSER_HEADERS } from "../../bench/load/browser-head.ts";

export interface HeldRequest {
  socket: Socket;
  /** What came back so far. */
  answer: string;
}

/** Sends a GET with a browser's headers, some 700 bytes. */
export function sendBrowserGet(port: number, target: string): HeldRequest {
  const socket = connect(port, "127.0.0.1");
  const request: HeldRequest = { socket, answer: "" };
  socket.on("error", () => {}).on("data", (chunk: Buffer) => (request.answer += chunk.toString("latin1")));
  const lines = [`GET ${target} HTTP/1.1`, "Host: chat.example.com", ...BROWSER_HEADERS];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return request;
}
