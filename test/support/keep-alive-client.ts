// A client of one raw connection: it sends what it is told to and cuts what comes back into answers. Nothing
// is repaired, repeated or pooled behind the test's back.

import { onTestFinished } from "vitest";
import { headersOf, readAnswer, statusOf } from "./http-message.ts";
import { openRawClient } from "./raw-client.ts";
import type { RawConnection } from "./raw-connection.ts";

export interface Answer {
  status: number;
  /** By name in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface RequestParts {
  headers?: Record<string, string>;
  body?: string;
}

export class KeepAliveClient {
  readonly #connection: RawConnection;
  /** Up to where what was heard has been taken. */
  #taken = 0;
  /** The method of the last request: an answer to HEAD has no body. */
  #method = "GET";

  constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<KeepAliveClient> {
    return new KeepAliveClient(await openRawClient(port));
  }

  /** What has come and is no part of a taken answer. */
  get received(): string {
    return this.#connection.heard.slice(this.#taken);
  }

  /** The gateway has ended or broken the connection. */
  get ended(): boolean {
    return this.#connection.ending !== "open";
  }

  send(bytes: string): void {
    this.#connection.send(bytes);
  }

  /** Sends a whole request and waits for nothing. */
  ask(method: string, target: string, { headers = {}, body }: RequestParts = {}): void {
    this.#method = method;
    const all = { Host: "chat.example.com", ...headers };
    const length = body === undefined ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.send(`${method} ${target} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body ?? ""}`);
  }

  /** Sends a request and takes its answer. */
  request(method: string, target: string, parts: RequestParts = {}): Promise<Answer> {
    this.ask(method, target, parts);
    return this.answer();
  }

  /** Takes the next whole answer. Rejects when the connection ends before that. */
  async answer(): Promise<Answer> {
    const connection = this.#connection;
    const read = () => readAnswer(connection.heard, { method: this.#method, ended: this.ended }, this.#taken);
    await connection.until("an answer", () => this.ended || read() !== null);
    const message = read();
    if (!message) throw new Error(`the connection ended behind ${JSON.stringify(this.received)}`);
    this.#take(message.end);
    const headers = Object.fromEntries(headersOf(message.head));
    return { status: statusOf(message.head), headers, body: message.data };
  }

  /** Waits until this text has come behind the answers that were taken. */
  hears(text: string): Promise<void> {
    return this.#connection.until(JSON.stringify(text), () => this.received.includes(text));
  }

  /** Waits until the gateway has ended the connection. */
  async ends(): Promise<void> {
    await this.#connection.ends();
  }

  leave(): void {
    this.#connection.socket.destroy();
  }

  #take(end: number): void {
    this.#taken = end;
    if (end < this.#connection.heard.length) return;
    this.#connection.forget();
    this.#taken = 0;
  }
}

/** One that leaves when the test is over. */
export async function openClient(port: number): Promise<KeepAliveClient> {
  const client = await KeepAliveClient.open(port);
  onTestFinished(() => client.leave());
  return client;
}

/** A request on a connection of its own; its answer is for later. */
export async function askAlone(
  port: number,
  method: string,
  target: string,
  parts: RequestParts = {},
): Promise<KeepAliveClient> {
  const client = await openClient(port);
  client.ask(method, target, parts);
  return client;
}
