// Calls to one engine, over dockerode's transport. Its ready-made methods are not used: they put a request's body
// into the URL as well, with the secrets of its environment, and never settle when a connection breaks inside an
// answer. So each call asks for the answer as a stream, with every status, and what they mean is decided here.
//
// There are two transports. Short reads share connections that are kept; all that writes or streams has a
// connection of its own, because a kept one may be dead by the time it is used, and a write cannot be asked twice.

import { Agent as HttpAgent, IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
import Docker from "dockerode";
import type { z } from "zod";
import { type Clock, systemClock } from "../lib/clock.ts";
import { sleep } from "../lib/sleep.ts";
import type { EngineCall } from "./engine-call.ts";
import { EngineError, isTransient } from "./engine-error.ts";
import { negotiateVersion } from "./negotiate-version.ts";
import { readBody } from "./read-body.ts";
import { toEngineError, toUnreachable } from "./to-engine-error.ts";

export interface EngineAddress {
  socketPath?: string;
  host?: string;
  port?: number;
}

/** Of dockerode's transport what is used here. */
interface Transport {
  protocol: string;
  agent?: HttpAgent;
  dial(options: object, callback: (error: Error | null, answer: unknown) => void): void;
}

const KEPT_CONNECTIONS = 4;
const READ_ATTEMPTS = 5;
const READ_PAUSE_MS = 25;
// Every status is an answer: dockerode would lose the engine's words otherwise.
const EVERY_STATUS = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [200 + index, true]));

export class EngineConnection {
  readonly #kept: Transport;
  readonly #fresh: Transport;
  readonly #clock: Clock;
  #version: string | undefined;

  constructor(address: EngineAddress, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#kept = openTransport(address, { keepAlive: true, maxSockets: KEPT_CONNECTIONS });
    this.#fresh = openTransport(address, { keepAlive: false });
  }

  /** The answer of a call that succeeded, as the schema understands it. */
  async ask<Schema extends z.ZodType>(call: EngineCall, schema: Schema): Promise<z.output<Schema>> {
    const answer = call.method === "GET" ? await this.#read(call) : await this.#readOnce(this.#fresh, call);
    return understand(call, answer.body, schema);
  }

  /** The same; undefined when there is no such thing. */
  async find<Schema extends z.ZodType>(
    call: EngineCall,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    try {
      return await this.ask(call, schema);
    } catch (error) {
      if (error instanceof EngineError && error.kind === "absent") return undefined;
      throw error;
    }
  }

  /** Carries it out; its answer says nothing more. "Not modified" is what was wanted, done already. */
  async run(call: EngineCall): Promise<void> {
    await this.#readOnce(this.#fresh, call);
  }

  /** The answer with its body still to be read. */
  async stream(call: EngineCall): Promise<IncomingMessage> {
    const open = () => this.#open(this.#fresh, call);
    const answer = await (call.method === "GET" ? this.#again(call, open) : open());
    if (answer instanceof IncomingMessage) return answer;
    answer.destroy();
    throw toUnreachable(call, new Error("the connection was taken over unasked"));
  }

  /** The connection itself, taken over for both directions. */
  async hijack(call: EngineCall): Promise<Socket> {
    const answer = await this.#open(this.#fresh, call, true);
    if (answer instanceof Socket) return answer;
    answer.destroy();
    throw toUnreachable(call, new Error("it kept to HTTP where the connection was to be taken over"));
  }

  /** `1.41`: the engine's, or the newest that this code knows. */
  async version(signal?: AbortSignal): Promise<string> {
    // Not shared between those who ask at once: one who gives up must not fail the others.
    this.#version ??= await negotiateVersion((call) => this.#read(call), signal);
    return this.#version;
  }

  close(): void {
    this.#kept.agent?.destroy();
    this.#fresh.agent?.destroy();
  }

  #read(call: EngineCall): Promise<Answer> {
    return this.#again(call, (attempt) => this.#readOnce(attempt === 1 ? this.#kept : this.#fresh, call));
  }

  /** What changes nothing is asked again: a whole upgrade must not end over a hiccup of the engine. */
  async #again<Got>(call: EngineCall, ask: (attempt: number) => Promise<Got>): Promise<Got> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(attempt);
      } catch (error) {
        // Registries count how often they are asked.
        if (!isTransient(error) || call.asksRegistry === true || attempt === READ_ATTEMPTS) throw error;
        // The first may have met a kept connection that was closed, which says nothing about the engine.
        if (attempt > 1) await sleep(this.#clock, READ_PAUSE_MS * 2 ** (attempt - 2), call.signal);
      }
    }
  }

  async #readOnce(transport: Transport, call: EngineCall): Promise<Answer> {
    const response = await this.#open(transport, call);
    if (response instanceof Socket)
      throw toUnreachable(call, new Error("the connection was taken over unasked"));
    return { status: response.statusCode ?? 0, body: await readBody(call, response) };
  }

  async #open(transport: Transport, call: EngineCall, hijack = false): Promise<IncomingMessage | Socket> {
    const prefix = call.path === "/version" ? "" : `/v${await this.version(call.signal)}`;
    const response = await dial(transport, call, prefix, hijack);
    if (response instanceof Socket) return response;
    const status = response.statusCode ?? 0;
    if ((status >= 200 && status < 300) || status === 304) return response;
    throw toEngineError(call, status, wordsOf(await readBody(call, response)));
  }
}

interface Answer {
  status: number;
  body: string;
}

function openTransport(
  address: EngineAddress,
  options: { keepAlive: boolean; maxSockets?: number },
): Transport {
  // Without its own host and timeout it would take them from the environment, even where an address is given; and
  // with a timeout its calls never settle once an answer has begun.
  const given = address.socketPath === undefined && address.host === undefined ? {} : { host: undefined };
  const docker = new Docker({ ...given, ...address, timeout: undefined });
  const transport: unknown = docker.modem;
  if (!isTransport(transport)) throw new Error("this version of dockerode has another transport");
  if (transport.protocol === "ssh") {
    throw new EngineError(
      "unreachable",
      null,
      "connect to the engine: DOCKER_HOST names ssh://, which is not spoken here; forward its socket (ssh -L) and name that",
    );
  }
  transport.agent = transport.protocol === "https" ? new HttpsAgent(options) : new HttpAgent(options);
  return transport;
}

/** Its published types leave out one member. */
function isTransport(modem: unknown): modem is Transport {
  return typeof modem === "object" && modem !== null && "dial" in modem && "protocol" in modem;
}

async function dial(
  transport: Transport,
  call: EngineCall,
  prefix: string,
  hijack: boolean,
): Promise<IncomingMessage | Socket> {
  call.signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  transport.dial(dialOptions(call, prefix, hijack), (error, answer) => {
    if (error === null) resolve(answer);
    else reject(error);
  });
  try {
    const answer = await promise;
    if (answer instanceof IncomingMessage || answer instanceof Socket) return answer;
    throw new Error("its transport gave something else than an answer");
  } catch (cause) {
    call.upload?.destroy();
    call.signal?.throwIfAborted();
    throw toUnreachable(call, cause);
  }
}

function dialOptions(call: EngineCall, prefix: string, hijack: boolean): object {
  const query = call.query ?? {};
  return {
    // The question mark asks dockerode to write the query behind it.
    path: `${prefix}${call.path}${Object.keys(query).length === 0 ? "" : "?"}`,
    method: call.method,
    headers: { ...call.headers },
    isStream: true,
    hijack,
    statusCodes: EVERY_STATUS,
    abortSignal: call.signal,
    // Always both, or dockerode would make a query of the body.
    options: { _query: query, _body: call.body ?? {} },
    ...(call.upload && { file: call.upload }),
  };
}

function wordsOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // Not JSON: a proxy between us and the engine speaks, in words of its own.
  }
  return body.slice(0, 1000);
}

function understand<Schema extends z.ZodType>(
  call: EngineCall,
  body: string,
  schema: Schema,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new EngineError("failed", null, `${call.what}: the engine's answer is not JSON`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined ? "" : `: ${issue.path.join(".")}: ${issue.message}`;
  throw new EngineError("failed", null, `${call.what}: the engine's answer is not understood${place}`);
}
