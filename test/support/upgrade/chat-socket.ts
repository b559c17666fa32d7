// A user on a WebSocket as Chatalot's clients are: it authenticates first, says something at every turn and waits for
// the echo, and comes back by itself when the connection ends, at once after 1012 and after a pause otherwise.

import { setTimeout as pause } from "node:timers/promises";
import { RawWebSocket } from "../raw-websocket.ts";

export interface ChatSocketOptions {
  port: number;
  path: string;
  token: string;
  /** Between the echo of a message and the next message. */
  turnMs: number;
  number: number;
  headers: Readonly<Record<string, string>>;
}

export interface SocketEnd {
  /** 1006 when the connection ended without a Close. */
  code: number;
  /** Milliseconds since 1970. */
  at: number;
  /** How long it took until it was authenticated again; null: not yet. */
  backAfterMs: number | null;
}

interface Heard {
  type?: string;
  number?: number;
  server_version?: string;
}

const PAUSE_MS = 100;

export class ChatSocket {
  /** How its connections have ended, in order. */
  readonly ends: SocketEnd[] = [];
  /** The statuses of all its handshakes, in order. */
  readonly handshakes: number[] = [];
  /** The versions that have authenticated it, in order. */
  readonly greetings: string[] = [];
  /** Messages that were said, and those whose echo came. */
  said = 0;
  echoed = 0;
  readonly #options: ChatSocketOptions;
  #tunnel: RawWebSocket | null = null;
  #hasLeft = false;

  constructor(options: ChatSocketOptions) {
    this.#options = options;
  }

  get isOnline(): boolean {
    return this.greetings.length > this.ends.length;
  }

  /** Resolves when it is authenticated; tries until it is, or has left. */
  async connect(): Promise<void> {
    while (!this.#hasLeft && !(await this.#open())) await pause(PAUSE_MS);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#tunnel?.destroy();
  }

  async #open(): Promise<boolean> {
    const { port, path, token, headers } = this.#options;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const tunnel = new RawWebSocket(port, { path, headers: lines });
    this.#tunnel = tunnel;
    const status = await tunnel.answered.catch(() => 0);
    this.handshakes.push(status);
    if (status !== 101) {
      tunnel.destroy();
      return false;
    }
    const greeted = Promise.withResolvers<boolean>();
    tunnel.onFrame = () => this.#hear(tunnel, () => greeted.resolve(true));
    void tunnel.closed.then(() => greeted.resolve(false));
    tunnel.say(JSON.stringify({ type: "authenticate", token }));
    const isGreeted = await greeted.promise;
    if (isGreeted) void tunnel.closed.then(() => this.#comeBack(tunnel));
    return isGreeted;
  }

  #hear(tunnel: RawWebSocket, greeted: () => void): void {
    const heard: Heard = JSON.parse(tunnel.messages.pop() ?? "{}");
    if (heard.type === "authenticated") {
      this.greetings.push(heard.server_version ?? "");
      greeted();
      this.#speak(tunnel);
    } else if (heard.type === "message" && heard.number === this.said) {
      this.echoed += 1;
      setTimeout(() => this.#speak(tunnel), this.#options.turnMs);
    }
  }

  #speak(tunnel: RawWebSocket): void {
    if (this.#hasLeft || !tunnel.socket.writable || tunnel.received.close !== null) return;
    this.said += 1;
    tunnel.say(JSON.stringify({ type: "message", from: this.#options.number, number: this.said }));
  }

  async #comeBack(tunnel: RawWebSocket): Promise<void> {
    if (this.#hasLeft) return;
    const end: SocketEnd = { code: tunnel.received.close?.code ?? 1006, at: Date.now(), backAfterMs: null };
    this.ends.push(end);
    if (end.code !== 1012) await pause(PAUSE_MS);
    await this.connect();
    if (!this.#hasLeft) end.backAfterMs = Date.now() - end.at;
  }
}

/** How often each code ended a connection: `{ 1012: 40 }`. */
export function endsByCode(sockets: readonly ChatSocket[]): Record<number, number> {
  const byCode: Record<number, number> = {};
  for (const { code } of sockets.flatMap(({ ends }) => ends)) byCode[code] = (byCode[code] ?? 0) + 1;
  return byCode;
}
