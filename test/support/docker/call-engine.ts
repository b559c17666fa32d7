// The Docker engine by plain HTTP on its socket: what the tests build and look at must not go through the code under
// test.

import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { buffer } from "node:stream/consumers";

/** Where the engine listens: DOCKER_HOST when it names a unix socket. */
export const ENGINE_SOCKET = socketOf(process.env.DOCKER_HOST);

export interface EngineAnswer {
  status: number;
  body: Buffer;
}

/** JSON, or a stream of a tar. */
export type EngineBody = object | Readable;

/** One call, whatever its answer is. @param path with its query, without the version. */
export async function callEngine(method: string, path: string, body?: EngineBody): Promise<EngineAnswer> {
  const answer = await send(method, path, body);
  return { status: answer.statusCode ?? 0, body: await buffer(answer) };
}

/** One call that must succeed; its answer as the engine's documentation describes it, null when it is empty. */
export async function askEngine<T>(method: string, path: string, body?: EngineBody): Promise<T> {
  const answer = await callEngine(method, path, body);
  const text = answer.body.toString();
  if (answer.status >= 400)
    throw new Error(`${method} ${path}: the engine answered ${answer.status} ${text}`);
  return JSON.parse(text === "" ? "null" : text);
}

/** Undefined when there is no such object. */
export async function inspectEngine<T>(path: string): Promise<T | undefined> {
  const answer = await callEngine("GET", path);
  if (answer.status === 404) return undefined;
  if (answer.status >= 400) throw new Error(`GET ${path}: the engine answered ${answer.body.toString()}`);
  return JSON.parse(answer.body.toString());
}

/** Removes an object; that it is gone already is as good. */
export async function removeFromEngine(path: string): Promise<void> {
  const answer = await callEngine("DELETE", path);
  if (answer.status < 400 || answer.status === 404) return;
  throw new Error(`DELETE ${path}: the engine answered ${answer.status} ${answer.body.toString()}`);
}

export function filters(query: Record<string, string[]>): string {
  return `filters=${encodeURIComponent(JSON.stringify(query))}`;
}

function send(method: string, path: string, body: EngineBody | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isStream = body instanceof Readable;
  const type = isStream ? "application/x-tar" : "application/json";
  const headers = body === undefined ? {} : { "Content-Type": type };
  const outgoing = request({ socketPath: ENGINE_SOCKET, method, path, headers, agent: false });
  outgoing.on("response", resolve).on("error", reject);
  if (isStream) pipeline(body, outgoing).catch(reject);
  else outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function socketOf(host = ""): string {
  return host.startsWith("unix://") ? host.slice("unix://".length) : "/var/run/docker.sock";
}
