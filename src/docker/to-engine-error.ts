// What an answer that is no success means. The status decides, except where engines are known to give one status
// for everything: refusals of a registry come as 500 from 20.10 and as 401, 403 or 404 from later ones, a stale
// version of a service and a taken port always as 500.

import type { EngineCall } from "./engine-call.ts";
import { EngineError, type EngineErrorKind } from "./engine-error.ts";

// Before the absences: Docker Hub says "pull access denied, repository does not exist or may require 'docker login'".
const DENIALS = /unauthorized|no basic auth credentials|denied|authentication required|incorrect username/i;
const ABSENCES = /manifest unknown|no matching manifest|name unknown|not found|does not exist/i;
const CONFLICTS =
  /update out of sequence|port is already allocated|address already in use|is not (part of a swarm|a swarm manager)/i;

export function toEngineError(call: EngineCall, status: number, said: string): EngineError {
  const kind = call.asksRegistry === true ? registryKind(status, said) : kindOf(status, said);
  return new EngineError(
    kind,
    status,
    `${call.what}: the engine answered ${status}: ${publicText(call, said)}`,
  );
}

/** For what the engine says inside a stream, long after it said 200. */
export function toStreamError(call: EngineCall, said: string): EngineError {
  const kind = registryKind(500, said);
  return new EngineError(kind, null, `${call.what}: the engine said: ${publicText(call, said)}`);
}

export function toUnreachable(call: EngineCall, cause: unknown): EngineError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  const message = `${call.what}: no whole answer from the engine: ${publicText(call, reason)}`;
  return new EngineError("unreachable", null, message, { cause });
}

function reasonOf(cause: Error): string {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (code === "EACCES") return `${cause.message}; does this user belong to the group of the socket?`;
  if (code === "ENOENT" || code === "ECONNREFUSED") return `${cause.message}; does the engine run?`;
  return cause.message;
}

function registryKind(status: number, said: string): EngineErrorKind {
  if (status === 401 || status === 403 || DENIALS.test(said)) return "denied";
  if (ABSENCES.test(said)) return "absent";
  return kindOf(status, said);
}

function kindOf(status: number, said: string): EngineErrorKind {
  if (CONFLICTS.test(said)) return "conflict";
  if (status === 404) return "absent";
  if (status === 401) return "denied";
  if (status === 403 || status === 409) return "conflict";
  if (status >= 400 && status < 500) return "invalid";
  return "failed";
}

function publicText(call: EngineCall, said: string): string {
  let text = said.trim().replaceAll(/\/\/[^/@\s]+@/g, "//***@");
  for (const secret of call.secrets ?? []) {
    if (secret !== "") text = text.replaceAll(secret, "***");
  }
  return text === "" ? "nothing" : text;
}
