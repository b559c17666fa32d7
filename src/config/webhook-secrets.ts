// What a webhook posts to and signs with, read at the start, at each reload and by `holdgate check`.

import type { Environment } from "./environment.ts";
import type { Parsed } from "./parsed.ts";
import type { Problem } from "./problem.ts";
import { readSecret, signingKey } from "./read-secret.ts";
import type { WebhookSettings } from "./settings.ts";
import { isPostUrl } from "./webhook-schema.ts";

export interface WebhookSecrets {
  url: string;
  /** Null: posts are not signed. */
  key: Buffer | null;
}

export function readWebhookSecrets(hook: WebhookSettings, env: Environment): Parsed<WebhookSecrets> {
  const url = urlOf(hook, env);
  if ("refusal" in url) return url;
  const key = keyOf(hook, env);
  if ("refusal" in key) return key;
  return { meaning: { url: url.meaning, key: key.meaning } };
}

export function unusableWebhooks(hooks: readonly WebhookSettings[], env: Environment): Problem[] {
  return hooks.flatMap((hook) => [
    ...problemAt(hook.name, "url", urlOf(hook, env)),
    ...problemAt(hook.name, "secret", keyOf(hook, env)),
  ]);
}

function urlOf({ url }: WebhookSettings, env: Environment): Parsed<string> {
  if (typeof url === "string") return { meaning: url };
  const read = readSecret(url, env);
  if ("refusal" in read || isPostUrl(read.meaning)) return read;
  return { refusal: "what stands there is no URL such as https://hooks.example.com/holdgate" };
}

function keyOf({ secret }: WebhookSettings, env: Environment): Parsed<Buffer | null> {
  if (secret === null) return { meaning: null };
  const read = readSecret(secret, env);
  return "refusal" in read ? read : signingKey(read.meaning);
}

function problemAt(name: string, key: string, parsed: Parsed<unknown>): Problem[] {
  return "refusal" in parsed ? [{ path: ["webhooks", name, key], text: parsed.refusal }] : [];
}
