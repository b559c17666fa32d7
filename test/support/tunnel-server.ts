// An upstream for tunnels that speaks frames by hand: a test decides what it writes, down to half a frame.

import { createServer, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";
import { acceptKey } from "./raw-websocket.ts";
import { CLOSE, type Frame, FrameReader, makeFrame, TEXT } from "./websocket-frames.ts";

export interface TunnelServerOptions {
  port?: number;
  /** Called for each tunnel before its handshake is answered. */
  onTunnel?: (end: UpstreamEnd) => void;
  /** What to write for the answer of a handshake; by default a plain 101. */
  answer?: (accepting: string) => Buffer | string;
}

/** The upstream's end of one tunnel. */
export class UpstreamEnd {
  readonly socket: Socket;
  /** The head of the handshake, as it came. */
  readonly head: string;
  readonly received: FrameReader;
  /** Texts of the whole, unfragmented messages that came. */
  readonly messages: string[] = [];
  /** How the connection ended: with a FIN, or broken. */
  ended: "not yet" | "orderly" | "broken" = "not yet";
  onFrame: (frame: Frame) => void = () => {};
  /** Answers a Close, and ends the connection. */
  polite = true;

  constructor(socket: Socket, head: string) {
    this.socket = socket;
    this.head = head;
    this.received = new FrameReader({ masked: true, onFrame: (frame) => this.#take(frame) });
    socket.on("data", (chunk: Buffer) => this.received.push(chunk));
    socket.on("end", () => {
      if (this.ended === "not yet") this.ended = "orderly";
      socket.end();
    });
    socket.on("close", () => {
      if (this.ended === "not yet") this.ended = "broken";
    });
  }

  get path(): string {
    return this.head.split(" ", 2)[1] ?? "";
  }

  write(bytes: Buffer): boolean {
    return this.socket.write(bytes);
  }

  say(text: string): void {
    this.socket.write(makeFrame(TEXT, text));
  }

  #take(frame: Frame): void {
    if (frame.opcode === TEXT && frame.final) this.messages.push(frame.payload.toString());
    this.onFrame(frame);
    if (frame.opcode === CLOSE && this.polite && this.socket.writable) {
      this.socket.end(makeFrame(CLOSE, frame.payload));
    }
  }
}

export class TunnelServer {
  readonly tunnels: UpstreamEnd[] = [];
  port = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: TunnelServerOptions;

  private constructor(options: TunnelServerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(options: TunnelServerOptions = {}): Promise<TunnelServer> {
    const server = new TunnelServer(options);
    server.port = await listen(server.#server, options.port);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Breaks all connections and accepts no more, as a process that is killed does. */
  kill(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.removeAllListeners("data");
      this.#answerHead(socket, text.slice(0, end + 4), Buffer.from(text.slice(end + 4), "latin1"));
    });
  }

  #answerHead(socket: Socket, head: string, rest: Buffer): void {
    const key = /^sec-websocket-key: *(.*)$/im.exec(head)?.[1];
    if (key === undefined) {
      socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
      return;
    }
    const end = new UpstreamEnd(socket, head);
    this.tunnels.push(end);
    this.#options.onTunnel?.(end);
    socket.write((this.#options.answer ?? switching)(acceptKey(key)));
    if (rest.length > 0) end.received.push(rest);
  }
}

export function switching(accepting: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accepting}\r\n\r\n`;
}
