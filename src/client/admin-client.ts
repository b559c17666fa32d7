// Speaks HTTP with the admin listener of a running gateway, over its unix socket or over TCP.

import { Agent, type ClientRequest, type IncomingMessage, request, type RequestOptions } from "node:http";
import { text } from "node:stream/consumers";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import { type Guard, isProblem } from "./answer-guards.ts";
import type { AdminAddress } from "./find-gateway.ts";
import { ProblemError } from "./problem-error.ts";
import { unreachableError } from "./unreachable-error.ts";

export interface AdminCall {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** Sent as JSON; members that are undefined are left out. */
  body?: object;
  /** The state version that must still be in effect. */
  ifMatch?: string | undefined;
  /** The gateway answers only when something has settled, at a deadline of its own. */
  waits?: boolean;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

// A gateway that is up answers an ordinary call in milliseconds; state on a slow disk takes longer.
const ANSWER_TIMEOUT_MS = 15_000;
// Notices, during a call that waits, a peer that vanished without closing.
const TCP_KEEP_ALIVE_MS = 15_000;

export class AdminClient {
  readonly #address: AdminAddress;
  readonly #clock: Clock;
  // One connection for each call: an idle one would keep the process from ending.
  readonly #agent = new Agent({ keepAlive: false });

  constructor(address: AdminAddress, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /** Null: it is reached over a socket. */
  get tcpAddress(): { host: string; port: number } | null {
    const { target } = this.#address;
    return target.kind === "tcp" ? { host: target.host, port: target.port } : null;
  }

  /** The answer of a call that succeeded. */
  async call<Answer>(call: AdminCall, isAnswer: Guard<Answer>): Promise<Answer> {
    const response = await this.open(call);
    const answer = this.#parse(await this.#readText(response), response.statusCode);
    if (isAnswer(answer)) return answer;
    throw this.#notHoldgate(response.statusCode);
  }

  /** The answer with its body still to be read; refusals are thrown. */
  async open(call: AdminCall): Promise<IncomingMessage> {
    const response = await this.#send(call);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw this.#refusal(await this.#readText(response), status);
  }

  #send(call: AdminCall): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const body = call.body === undefined ? "" : JSON.stringify(call.body);
    const outgoing = request(this.#requestOptions(call, body), resolve);
    outgoing.on("error", (cause) =>
      reject(call.signal?.aborted ? cause : unreachableError(this.#address.name, cause)),
    );
    outgoing.on("socket", (socket) => void socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS));
    if (!call.waits) this.#cutWhenLate(outgoing);
    outgoing.end(body);
    return promise;
  }

  #cutWhenLate(outgoing: ClientRequest): void {
    const late = new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000}s`);
    const timer = this.#clock.after(ANSWER_TIMEOUT_MS, () => outgoing.destroy(late));
    outgoing.on("close", () => timer.cancel());
  }

  #requestOptions(call: AdminCall, body: string): RequestOptions {
    const { target, token } = this.#address;
    const headers: Record<string, string> = { Accept: "application/json", ...call.headers };
    if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
    if (call.ifMatch !== undefined) headers["If-Match"] = `"${call.ifMatch}"`;
    if (body !== "") headers["Content-Type"] = "application/json";
    if (body !== "") headers["Content-Length"] = String(Buffer.byteLength(body));
    const where =
      target.kind === "socket"
        ? { socketPath: target.path, host: "localhost" }
        : { host: target.host, port: target.port };
    const options = { ...where, method: call.method, path: call.path, headers, agent: this.#agent };
    return call.signal ? { ...options, signal: call.signal } : options;
  }

  async #readText(response: IncomingMessage): Promise<string> {
    try {
      return await text(response);
    } catch (cause) {
      throw unreachableError(this.#address.name, cause instanceof Error ? cause : new Error(String(cause)));
    }
  }

  #parse(body: string, status: number | undefined): unknown {
    try {
      return JSON.parse(body);
    } catch (cause) {
      throw this.#notHoldgate(status, cause);
    }
  }

  #refusal(body: string, status: number): Error {
    const problem = this.#parse(body, status);
    return isProblem(problem) ? new ProblemError(problem) : this.#notHoldgate(status);
  }

  #notHoldgate(status: number | undefined, cause?: unknown): GatewayError {
    const message = `${this.#address.name} answered ${status} with something that is not Holdgate's; is --admin the admin address, not the public one?`;
    return new GatewayError("admin_unreachable", message, { cause });
  }
}
