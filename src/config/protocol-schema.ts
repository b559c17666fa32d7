// What is spoken inside a WebSocket, as the file says it: the name of a protocol, and the keys that describe it more
// closely. The service and each of its paths have the same keys.

import { z } from "zod";
import { nearestKey } from "./nearest-key.ts";
import { section } from "./section.ts";
import { PROTOCOL_NAMES } from "./settings.ts";
import { duration, text, yesOrNo } from "./values.ts";

const NAMES = ["auto", ...PROTOCOL_NAMES, "custom"] as const;
const MOST_FIRST = 100;
const LONGEST_PATTERN = 256;
const SHORTEST_HEARTBEAT_MS = 1000;
const LONGEST_HEARTBEAT_BYTES = 4096;

const EXPECTED_COUNT = `expected a whole number of 1 to ${MOST_FIRST}`;
const EXPECTED_PATTERN = `expected a pattern of 1 to ${LONGEST_PATTERN} characters, such as auth*`;
const EXPECTED_SELECTION = "expected either first: a number of messages, or match: a pattern";
const EXPECTED_MESSAGE = "expected the text of a message in quotes, of at most 4 KiB";

const selection = section({
  first: z
    .int({ error: EXPECTED_COUNT })
    .min(1, { error: EXPECTED_COUNT })
    .max(MOST_FIRST, { error: EXPECTED_COUNT })
    .exactOptional()
    .describe("So many messages of that side, from its first one on: 1 to 100."),
  match: text(EXPECTED_PATTERN)
    .max(LONGEST_PATTERN, { error: EXPECTED_PATTERN })
    .exactOptional()
    .describe(
      "The text messages of that side that fit this pattern as a whole; `*` is any run of characters.",
    ),
})
  .transform(({ first, match }, context): { first: number } | { match: string } => {
    if (first !== undefined && match === undefined) return { first };
    if (match !== undefined && first === undefined) return { match };
    context.issues.push({ code: "custom", message: EXPECTED_SELECTION, input: {} });
    return z.NEVER;
  })
  .meta({ minProperties: 1, maxProperties: 1 });

const heartbeat = section({
  every: duration()
    .refine((ms) => ms >= SHORTEST_HEARTBEAT_MS, { error: "expected a duration of at least 1s" })
    .describe("The time from one to the next, at least 1s."),
  message: text(EXPECTED_MESSAGE)
    // What is longer in characters is longer in bytes, too; editors know this bound only.
    .max(LONGEST_HEARTBEAT_BYTES, { error: EXPECTED_MESSAGE, abort: true })
    .refine((message) => Buffer.byteLength(message) <= LONGEST_HEARTBEAT_BYTES, { error: EXPECTED_MESSAGE })
    .describe("Its text, at most 4 KiB."),
});

const rerunConnect = yesOrNo().describe(
  "With `auto` or `socket.io`. true: a client that was moved hears of its new session, and its `connect` handlers run " +
    "again; for apps that join rooms there. false: it notices nothing.",
);
const loseAcks = yesOrNo().describe(
  "With `auto` or `socket.io`. true: a client is moved although emits of its own wait for acknowledgements, which " +
    "then never come. false: it is brought back by a reconnect, and told that they failed.",
);

const keys = {
  protocol: protocolName().describe(
    "What is spoken inside the WebSocket, for `splice`. `auto` finds it out; what it does not know is reconnected. " +
      `By name: ${PROTOCOL_NAMES.map((name) => `\`${name}\``).join(", ")}; or \`custom\`, described by \`replay\`, ` +
      "`swallow` and `heartbeat`. `plain` (the app has nothing to hear of a client again) and `first-message` " +
      "(nothing but its first message) are never found out, only named. `sockjs`, `signalr` and `xmpp` cannot be " +
      "moved: with `splice`, too, their clients are brought back by a reconnect.",
  ),
  replay: selection
    .nullable()
    .describe(
      "With `custom`: which messages of the client a new upstream must hear again, `{ first: 1 }` (up to 100) or " +
        '`{ match: "<pattern>" }` (`*` is any run of characters); null: none.',
    ),
  swallow: selection
    .nullable()
    .describe(
      "With `custom`: which messages of a new upstream answer that, and are kept from the client, which has had them. " +
        "Written like `replay`. Prefer `match`: it tells a refusal from an answer.",
    ),
  heartbeat: heartbeat
    .nullable()
    .describe(
      "With `custom`: what the client hears while it waits for an upstream, so that it does not give up: " +
        "`{ every: 25s, message: '…' }` (at least 1s, at most 4 KiB); null: nothing.",
    ),
};

/** As the service says them. */
export const serviceProtocolKeys = {
  protocol: keys.protocol.prefault("auto"),
  replay: keys.replay.prefault(null),
  swallow: keys.swallow.prefault(null),
  heartbeat: keys.heartbeat.prefault(null),
  socketIo: section({
    rerunConnect: rerunConnect.prefault(false),
    loseAcks: loseAcks.prefault(false),
  }).prefault({}),
};

/** As one path says them: what it leaves out is the service's. */
export const pathProtocolKeys = {
  protocol: keys.protocol.exactOptional(),
  replay: keys.replay.exactOptional(),
  swallow: keys.swallow.exactOptional(),
  heartbeat: keys.heartbeat.exactOptional(),
  socketIo: z.exactOptional(
    section({ rerunConnect: rerunConnect.exactOptional(), loseAcks: loseAcks.exactOptional() }),
  ),
};

export function protocolName() {
  return z.enum(NAMES, { error: ({ input }) => expectedName(input) });
}

function expectedName(typed: unknown): string {
  const nearest = typeof typed === "string" ? nearestKey(typed, NAMES) : undefined;
  return nearest === undefined
    ? `expected one of the protocols ${NAMES.join(", ")}`
    : `expected the name of a protocol; did you mean ${nearest}?`;
}
