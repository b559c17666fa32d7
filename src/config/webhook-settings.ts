import { resolve } from "node:path";
import { eventsLike } from "./event-names.ts";
import type { Config } from "./schema.ts";
import type { SecretSource, WebhookSettings } from "./settings.ts";

/** Patterns become names; files are relative to `base`. */
export function webhookSettings({ webhooks }: Config, base: string): WebhookSettings[] {
  const located = <Source extends string | SecretSource | null>(source: Source) =>
    source !== null && typeof source === "object" && "file" in source
      ? { file: resolve(base, source.file) }
      : source;
  return Object.entries(webhooks).map(([name, { url, secret, events, timeout, ...hook }]) => ({
    ...hook,
    name,
    url: located(url),
    secret: located(secret),
    events: [...new Set(events.flatMap((pattern) => eventsLike(pattern)))],
    timeoutMs: timeout,
  }));
}
