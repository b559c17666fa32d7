// A socket in front of the engine's: records each call, and spoils those that a test picks. It can do what a broken
// network or an engine in trouble does, the worst included: carry a call out and lose its answer. Another server that
// listens on a socket can stand behind it as well.

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { ENGINE_SOCKET } from "./call-engine.ts";

export interface ProxiedCall {
  /** From 1. */
  number: number;
  method: string;
  /** As it came, without the version: `/containers/create?name=app` */
  path: string;
  /** As text; empty for a tar, which is not kept. */
  body: string;
  headers: IncomingMessage["headers"];
  /** Anything but GET and HEAD. */
  writes: boolean;
  /** What the engine answered; null while it has not, and when it was never asked. */
  status: number | null;
  /** What was done to it, null for nothing. */
  fault: EngineFault["kind"] | null;
}

/**
 * - `refuse`: the connection is closed and the engine never hears of the call.
 * - `error`: a 500 (or another status) instead, and the engine never hears of it.
 * - `wait`: carried out when the promise resolves.
 * - `lose-answer`: the engine has carried it out when the connection is closed.
 */
export type EngineFault =
  | { kind: "refuse" }
  | { kind: "error"; status?: number }
  | { kind: "wait"; until: Promise<unknown> }
  | { kind: "lose-answer" };

/** Asked for each call in turn; null lets it pass. */
export type FaultRule = (call: ProxiedCall) => EngineFault | null;

export class EngineProxy {
  readonly socketPath: string;
  readonly calls: ProxiedCall[] = [];
  rule: FaultRule = () => null;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(socketPath: string, target: string) {
    this.socketPath = socketPath;
    this.#target = target;
    this.#server = createServer((incoming, response) => {
      this.#pass(incoming, response).catch(() => response.destroy());
    });
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
    this.#server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#passUpgrade(incoming, socket, head).catch(() => socket.destroy());
    });
  }

  /** @param socketPath short, as paths of unix sockets must be. @param target the socket behind it */
  static async start(socketPath: string, target = ENGINE_SOCKET): Promise<EngineProxy> {
    const proxy = new EngineProxy(socketPath, target);
    await once(proxy.#server.listen(socketPath), "listening");
    return proxy;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Those that changed something, or tried. */
  get writes(): ProxiedCall[] {
    return this.calls.filter(({ writes }) => writes);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const isStream = incoming.headers["content-type"] === "application/x-tar";
    const body = isStream ? null : await buffer(incoming);
    const call = this.#record(incoming, body?.toString() ?? "");
    const fault = this.#faultFor(call);
    if (fault?.kind === "refuse") return void incoming.socket.destroy();
    if (fault?.kind === "error") {
      response.writeHead(fault.status ?? 500, { "Content-Type": "application/json" });
      return void response.end(JSON.stringify({ message: "the engine is in trouble" }));
    }
    if (fault?.kind === "wait") await fault.until;
    const answer = await askTarget(this.#target, incoming, response, body);
    call.status = answer.statusCode ?? null;
    if (fault?.kind === "lose-answer") {
      await buffer(answer);
      return void incoming.socket.destroy();
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders();
    await pipeline(answer, response);
  }

  /** A hijacked call (attach, exec): bytes both ways, its first answer included. */
  async #passUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const body = await buffer(incoming);
    const call = this.#record(incoming, body.toString());
    const fault = this.#faultFor(call);
    if (fault?.kind === "refuse") return void socket.destroy();
    if (fault?.kind === "error") {
      return void socket.end(`HTTP/1.1 ${fault.status ?? 500} In Trouble\r\nContent-Length: 0\r\n\r\n`);
    }
    if (fault?.kind === "wait") await fault.until;
    const engine = connect({ path: this.#target, allowHalfOpen: true });
    this.#keep(engine);
    engine.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${rawHead(incoming.rawHeaders)}\r\n`);
    engine.write(Buffer.concat([body, head]));
    engine.once("data", (first: Buffer) => {
      call.status = Number(first.toString("latin1", 9, 12));
    });
    if (fault?.kind === "lose-answer") {
      engine.once("data", () => socket.destroy());
      return void (await once(engine.resume(), "close"));
    }
    await Promise.all([pipeline(socket, engine), pipeline(engine, socket)]);
  }

  #record(incoming: IncomingMessage, body: string): ProxiedCall {
    const { method = "GET", url = "/", headers } = incoming;
    const call = {
      number: this.calls.length + 1,
      method,
      path: url.replace(/^\/v\d+\.\d+/, ""),
      body,
      headers,
      writes: method !== "GET" && method !== "HEAD",
      status: null,
      fault: null,
    };
    this.calls.push(call);
    return call;
  }

  #faultFor(call: ProxiedCall): EngineFault | null {
    const fault = this.rule(call);
    call.fault = fault?.kind ?? null;
    return fault;
  }
}

/** Every n-th of the calls that the condition picks, all when there is none. */
export function everyNth(
  n: number,
  fault: () => EngineFault,
  picks: (call: ProxiedCall) => boolean = () => true,
): FaultRule {
  let count = 0;
  return (call) => {
    if (!picks(call)) return null;
    count += 1;
    return count % n === 0 ? fault() : null;
  };
}

/** The n-th of the calls that the condition picks, and no other. */
export function onlyNth(
  n: number,
  fault: () => EngineFault,
  picks: (call: ProxiedCall) => boolean = () => true,
): FaultRule {
  let count = 0;
  return (call) => {
    if (!picks(call)) return null;
    count += 1;
    return count === n ? fault() : null;
  };
}

async function askTarget(
  socketPath: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  body: Buffer | null,
): Promise<IncomingMessage> {
  const { method, url: path, headers } = incoming;
  const outgoing = request({ socketPath, method, path, headers, agent: false });
  // A caller who leaves ends the call, as it would without the proxy.
  response.on("close", () => outgoing.destroy());
  const sent = body === null ? pipeline(incoming, outgoing) : outgoing.end(body);
  const [[answer]] = await Promise.all([once(outgoing, "response"), sent]);
  return answer;
}

function rawHead(rawHeaders: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return lines;
}
