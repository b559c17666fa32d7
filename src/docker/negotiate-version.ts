// Which version of the API is spoken: the engine's, unless it is newer than what this code was written for.

import { z } from "zod";
import type { EngineCall } from "./engine-call.ts";
import { EngineError } from "./engine-error.ts";

const NEWEST_KNOWN = "1.47";

export const versionSchema = z.looseObject({
  Version: z.string(),
  ApiVersion: z.string().regex(/^\d+\.\d+$/),
});

export async function negotiateVersion(
  read: (call: EngineCall) => Promise<{ body: string }>,
  signal?: AbortSignal,
): Promise<string> {
  const { body } = await read({
    what: "ask for the engine's version",
    method: "GET",
    path: "/version",
    signal,
  });
  return olderVersion(parseApiVersion(body), NEWEST_KNOWN);
}

export function olderVersion(one: string, other: string): string {
  return isOlder(one, other) ? one : other;
}

/** `1.9` is older than `1.41`. */
export function isOlder(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}

function parseApiVersion(body: string): string {
  try {
    return versionSchema.parse(JSON.parse(body)).ApiVersion;
  } catch (cause) {
    const message = "ask for the engine's version: the answer is not that of a Docker engine";
    throw new EngineError("failed", null, message, { cause });
  }
}
