// The Docker engine by plain HTTP on its socket: its own figure must not be that of the code which is measured.

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";

const SOCKET = (process.env["DOCKER_HOST"] ?? "").replace(/^unix:\/\//, "") || "/var/run/docker.sock";

/** Null when an engine answers. */
export async function whyNoEngine(): Promise<string | null> {
  try {
    await askEngine("GET", "/version");
    return null;
  } catch (error) {
    return `no Docker engine answers on ${SOCKET} (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** One call that must succeed, and what it was answered with. @param body JSON, or a stream of a tar */
export async function askEngine(method: string, path: string, body?: object): Promise<string> {
  const type = body instanceof Readable ? "application/x-tar" : "application/json";
  const headers = body === undefined ? {} : { "content-type": type };
  const outgoing = request({ socketPath: SOCKET, method, path, headers, agent: false });
  const answered = once(outgoing, "response");
  if (body instanceof Readable) await Promise.all([pipeline(body, outgoing), answered]);
  else outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer]: IncomingMessage[] = await answered;
  if (answer === undefined) throw new Error(`${method} ${path}: no answer`);
  const said = await text(answer);
  if ((answer.statusCode ?? 0) >= 400) throw new Error(`${method} ${path} was answered with ${said.trim()}`);
  return said;
}
