// The opening handshake of a WebSocket (RFC 6455 §4.1) on a connection of its own, with the headers that a plan asks
// for: the WebSocket of the platform tells nobody why a handshake was refused.

import { createHash, randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { bad, type Found, found } from "./check-result.ts";
import { beginRequest } from "./send-request.ts";

export interface WebSocketRequest {
  url: string;
  path: string | null;
  headers: Record<string, string>;
  subprotocol: string | null;
}

export interface OpenWebSocket {
  socket: Duplex;
  /** What came in one packet with the answer. */
  head: Buffer;
}

const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Bad when the app answers with anything but an opened WebSocket; rejects when the connection fails. */
export async function openWebSocket(
  asked: WebSocketRequest,
  signal: AbortSignal,
): Promise<Found<OpenWebSocket>> {
  const key = randomBytes(16).toString("base64");
  const outgoing = beginRequest({ ...asked, method: "GET", headers: handshakeHeaders(asked, key) }, signal);
  const answered = answerOf(outgoing);
  outgoing.end();
  const { response, opened } = await answered;
  const problem = problemOf(response, asked, key);
  if (problem === null && opened) return found(opened);
  opened?.socket.on("error", () => {}).destroy();
  outgoing.destroy();
  return bad(problem ?? "the connection was not handed over");
}

function handshakeHeaders({ headers, subprotocol }: WebSocketRequest, key: string): Record<string, string> {
  return {
    ...headers,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
    ...(subprotocol === null ? {} : { "sec-websocket-protocol": subprotocol }),
  };
}

function answerOf(
  outgoing: ClientRequest,
): Promise<{ response: IncomingMessage; opened: OpenWebSocket | null }> {
  return new Promise((resolve, reject) => {
    outgoing.once("upgrade", (response, socket, head) => resolve({ response, opened: { socket, head } }));
    outgoing.once("response", (response) => resolve({ response, opened: null }));
    outgoing.on("error", reject);
  });
}

function problemOf(
  { statusCode, headers }: IncomingMessage,
  { subprotocol }: WebSocketRequest,
  key: string,
): string | null {
  if (statusCode !== 101) return `the handshake was answered with ${statusCode} instead of 101`;
  const accept = createHash("sha1")
    .update(key + ACCEPT_SUFFIX)
    .digest("base64");
  if (headers["sec-websocket-accept"] !== accept) return "the answer to the handshake is not to our key";
  const agreed = headers["sec-websocket-protocol"] ?? null;
  if (agreed === subprotocol) return null;
  return `the subprotocol is ${agreed ?? "none"} instead of ${subprotocol ?? "none"}`;
}
