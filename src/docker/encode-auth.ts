// Credentials for a registry, as the engine wants them in a header.

import type { RegistryAuth } from "./engine.ts";

export function authHeaders(auth: RegistryAuth | null): Record<string, string> {
  if (auth === null) return {};
  // URL-safe, but padded: without its padding the engine drops it in silence and asks the registry as nobody.
  const encoded = Buffer.from(JSON.stringify(auth)).toString("base64");
  return { "X-Registry-Auth": encoded.replaceAll("+", "-").replaceAll("/", "_") };
}

/** What must not be repeated in a message. */
export function authSecrets(auth: RegistryAuth | null): string[] {
  if (auth === null) return [];
  return "identitytoken" in auth ? [auth.identitytoken] : [auth.password];
}
