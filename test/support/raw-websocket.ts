// A WebSocket client that speaks frames by hand, so that a test sees each byte that it gets.

import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { CLOSE, closeFrameOf, type Frame, FrameReader, makeFrame, TEXT } from "./websocket-frames.ts";

export interface RawWebSocketOptions {
  path?: string;
  headers?: string[];
  /** Sent in one write with the handshake, without waiting for its answer. */
  behind?: Buffer;
  /** Answers a Close as a browser does, and leaves; true when left out. */
  polite?: boolean;
}

const HEAD_END = "\r\n\r\n";

export class RawWebSocket {
  readonly socket: Socket;
  readonly key = randomBytes(16).toString("base64");
  /** The status of the answer to the handshake; rejected when the connection ends without one. */
  readonly answered: Promise<number>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly received: FrameReader;
  /** Texts of the whole, unfragmented messages that came. */
  readonly messages: string[] = [];
  /** The head of the answer, as it came. */
  head = "";
  /** What came behind a head that opened no tunnel. */
  body = "";
  /** When the Close came, monotonic milliseconds. */
  closeSeenAt = 0;
  onFrame: (frame: Frame) => void = () => {};
  readonly #polite: boolean;
  readonly #answer = Promise.withResolvers<number>();
  #text = "";

  constructor(port: number, options: RawWebSocketOptions = {}) {
    this.#polite = options.polite ?? true;
    this.answered = this.#answer.promise;
    this.received = new FrameReader({ masked: false, onFrame: (frame) => this.#take(frame) });
    this.socket = connect(port, "127.0.0.1").setNoDelay(true);
    this.socket.on("data", (chunk: Buffer) => this.#onData(chunk)).on("error", () => {});
    const gone = Promise.withResolvers<void>();
    this.closed = gone.promise;
    this.socket.on("close", () => {
      gone.resolve();
      this.#answer.reject(
        new Error(`the connection ended without an answer (${JSON.stringify(this.#text)})`),
      );
    });
    const handshake = Buffer.from(this.#handshake(options));
    this.socket.write(options.behind ? Buffer.concat([handshake, options.behind]) : handshake);
  }

  /** Opens a tunnel; anything but 101 is an error. */
  static async open(port: number, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
    const client = new RawWebSocket(port, options);
    const status = await client.answered;
    if (status !== 101) throw new Error(`the handshake was answered with ${client.head}${client.body}`);
    if (!client.head.includes(acceptKey(client.key))) throw new Error("the handshake's answer is not for us");
    return client;
  }

  /** The value of a header of the answer, or undefined. */
  header(name: string): string | undefined {
    return new RegExp(`^${name}: *(.*)$`, "im").exec(this.head)?.[1];
  }

  say(text: string): void {
    this.socket.write(makeFrame(TEXT, text, { masked: true }));
  }

  sendFrame(
    opcode: number,
    payload: Buffer | string,
    options: { final?: boolean; reserved?: number } = {},
  ): void {
    this.socket.write(makeFrame(opcode, payload, { ...options, masked: true }));
  }

  close(code: number, reason = ""): void {
    this.socket.write(closeFrameOf(code, reason, true));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #handshake({ path = "/ws", headers = [] }: RawWebSocketOptions): string {
    return [
      `GET ${path} HTTP/1.1`,
      "Host: chat.example.com",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${this.key}`,
      ...headers,
      HEAD_END.slice(2),
    ].join("\r\n");
  }

  #onData(chunk: Buffer): void {
    if (this.head.startsWith("HTTP/1.1 101")) return this.received.push(chunk);
    this.#text += chunk.toString("latin1");
    const end = this.#text.indexOf(HEAD_END);
    if (end < 0) return;
    this.head = this.#text.slice(0, end + 4);
    this.body = this.#text.slice(end + 4);
    const status = Number(this.head.slice(9, 12));
    this.#answer.resolve(status);
    if (status === 101 && this.body !== "") this.received.push(Buffer.from(this.body, "latin1"));
  }

  #take(frame: Frame): void {
    if (frame.opcode === TEXT && frame.final) this.messages.push(frame.payload.toString());
    if (frame.opcode === CLOSE) this.closeSeenAt = performance.now();
    this.onFrame(frame);
    if (frame.opcode !== CLOSE || !this.#polite) return;
    this.socket.end(makeFrame(CLOSE, frame.payload, { masked: true }));
  }
}

export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
