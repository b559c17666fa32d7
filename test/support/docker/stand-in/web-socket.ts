// WebSockets as Chatalot has them: the first message must authenticate, within a time; then each message comes back
// with the version that echoed it. Small whole text messages only, which is what its clients send.

import { createHash } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Settings } from "./settings.ts";

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const HEARTBEAT_MS = 15_000;
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

interface Frame {
  opcode: number;
  payload: Buffer;
  /** Of the whole frame. */
  size: number;
}

export function acceptTunnels(server: Server, settings: Settings): void {
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => {});
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    if (pathname !== settings.wsPath) return void socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    const key = `${request.headers["sec-websocket-key"] ?? ""}${ACCEPT_SUFFIX}`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    new ChatTunnel(socket, settings).take(head);
  });
}

class ChatTunnel {
  readonly #socket: Socket;
  readonly #settings: Settings;
  readonly #tooLate: NodeJS.Timeout;
  #unread = Buffer.alloc(0);
  #isAuthenticated = false;

  constructor(socket: Socket, settings: Settings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#tooLate = setTimeout(() => this.#close(1008), settings.authMs);
    const heartbeat = setInterval(() => this.#say({ type: "pong" }), HEARTBEAT_MS);
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(this.#tooLate);
      clearInterval(heartbeat);
    });
  }

  take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let frame = readFrame(this.#unread); frame !== null; frame = readFrame(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.size);
      this.#handle(frame);
    }
  }

  #handle({ opcode, payload }: Frame): void {
    if (opcode === PING) this.#write(PONG, payload);
    if (opcode === CLOSE) this.#close(payload.length < 2 ? 1000 : payload.readUInt16BE(0));
    if (opcode !== TEXT) return;
    const message = JSON.parse(payload.toString());
    if (!this.#isAuthenticated) return this.#authenticate(message);
    if (message.type === "ping") return this.#say({ type: "pong" });
    this.#say({ ...message, server_version: this.#settings.reportedVersion });
  }

  #authenticate(message: { type?: unknown; token?: unknown }): void {
    const isRight = message.type === "authenticate" && message.token === this.#settings.token;
    if (!isRight) {
      this.#say({ type: "error", code: "unauthorized" });
      return this.#close(1008);
    }
    clearTimeout(this.#tooLate);
    this.#isAuthenticated = true;
    this.#say({ type: "authenticated", server_version: this.#settings.reportedVersion });
  }

  #say(message: object): void {
    this.#write(TEXT, Buffer.from(JSON.stringify(message)));
  }

  #close(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(CLOSE, payload);
    this.#socket.end();
  }

  #write(opcode: number, payload: Buffer): void {
    if (!this.#socket.writable) return;
    const length =
      payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...length]), payload]));
  }
}

/** The first frame of the bytes, unmasked; null while it is not whole. Lengths over 64 KiB are not for this app. */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const lengthBytes = short === 126 ? 2 : 0;
  const start = 2 + lengthBytes + 4;
  if (bytes.length < start) return null;
  const size = start + (lengthBytes === 0 ? short : bytes.readUInt16BE(2));
  if (bytes.length < size) return null;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, size));
  for (const [at, byte] of payload.entries()) payload.writeUInt8(byte ^ mask.readUInt8(at % 4), at);
  return { opcode: bytes.readUInt8(0) & 0xf, payload, size };
}
