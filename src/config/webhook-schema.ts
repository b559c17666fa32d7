// Who is told by a signed post. Secrets stand in a file or in the environment: a config is shown around, and kept.

import { z } from "zod";
import { EVENT_NAMES, NEWS, eventsLike } from "./event-names.ts";
import { nearestKey } from "./nearest-key.ts";
import { section } from "./section.ts";
import { choice, duration, list, serviceName, text } from "./values.ts";

const SOURCE_EXPECTED = "expected { file: path } or { env: NAME }";

const env = text("expected the name of an environment variable", /^[A-Za-z_]\w*$/);
const file = text("expected the path of a file");
/** What is written is never shown: it would be the secret itself. */
const secret = z.union([z.strictObject({ env }), z.strictObject({ file })], {
  error: `${SOURCE_EXPECTED}: a secret has no place in a config`,
});

const URL_EXPECTED = "expected a URL such as https://hooks.example.com/holdgate without user and password";

const url = z.union(
  [z.string().refine(isPostUrl, { error: URL_EXPECTED }), z.strictObject({ env }), z.strictObject({ file })],
  { error: `${URL_EXPECTED}, or ${SOURCE_EXPECTED.slice("expected ".length)}` },
);

const webhook = section({
  url: url.describe(
    "Where to post. Where the address itself is a secret, as those of chat systems are: `{ env: NAME }` or `{ file: path }`.",
  ),
  secret: secret
    .nullable()
    .prefault(null)
    .describe(
      "With what posts are signed (Standard Webhooks): `{ file: path }` or `{ env: NAME }`, which holds `whsec_` and " +
        "24 to 64 bytes in base64. A file is relative to the config file. Needed with `format: event`.",
    ),
  events: list(text("expected the name of an event").refine(isKnown, { error: unknownEvent }))
    .min(1, { error: "expected at least one event, such as cutover" })
    .prefault(NEWS)
    .describe(
      "What is told: names of events, or patterns such as `upgrade_*`; `*` is all that comes singly.",
    ),
  services: list(serviceName()).prefault([]).describe("Only what happens to these; none: to any."),
  format: choice(["event", "chat"])
    .prefault("event")
    .describe("`event`: all that is known, as JSON; `chat`: one sentence for the channel of a chat system."),
  timeout: duration().prefault("10s").describe("How long the receiver may take to answer."),
  retries: z
    .int({ error: "expected a whole number from 0 to 20" })
    .min(0, { error: "expected a whole number from 0 to 20" })
    .max(20, { error: "expected a whole number from 0 to 20" })
    .prefault(8)
    .describe("How often a post that failed is tried again, after 1 s, 2 s, 4 s … up to 5 min."),
}).refine((hook) => hook.format === "chat" || hook.secret !== null, {
  path: ["secret"],
  error: `${SOURCE_EXPECTED}, with which the posts are signed`,
});

export const webhooksSchema = z
  .record(serviceName(), webhook, { error: "expected a mapping of webhooks, each with its url" })
  .prefault({});

/** Readable by fetch, which takes no user and password. */
export function isPostUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

function isKnown(pattern: string): boolean {
  return eventsLike(pattern).length > 0;
}

function unknownEvent({ input }: { input?: unknown }): string {
  const nearest = nearestKey(String(input), EVENT_NAMES);
  return nearest === undefined ? `expected one of ${EVENT_NAMES.join(", ")}` : `did you mean ${nearest}?`;
}
