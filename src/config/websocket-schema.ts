// What becomes of a service's open WebSockets, as the file writes it.

import { z } from "zod";
import { pathProtocolKeys, serviceProtocolKeys } from "./protocol-schema.ts";
import { section } from "./section.ts";
import { byteSize, choice, count, duration, pathPrefix } from "./values.ts";

const onCutover = choice(["drain", "reconnect", "splice"]).describe(
  "What a cutover does to open WebSockets: `drain` leaves them on the old upstream until `drainTimeout`; " +
    "`reconnect` closes them in waves with 1012, and the clients come back to the new one; `splice` moves them to " +
    "the new one under their open sockets, at the pace of `waves.perSecond`, and reconnects those that cannot be moved.",
);
const onUpstreamLoss = choice(["reconnect", "splice"]).describe(
  "What happens to open WebSockets when their upstream dies: `reconnect` closes them with 1012; `splice` keeps them " +
    "open until an upstream is back and moves them there, but for those of which `splice.onUnknown` says otherwise.",
);

// A message is one buffer, and some protocols read it as one string: V8's longest has 512 MiB. The parser of WebSockets
// counts in 31 bits, and a larger bound would be none.
const LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024;

const spliceSchema = section({
  maxBytes: byteSize()
    .prefault("256KiB")
    .describe("How much of one client is kept while there is no upstream for it; beyond it Close 1013."),
  totalBytes: byteSize()
    .prefault("256MiB")
    .describe("How much of all the service's clients is kept together; beyond it Close 1013."),
  maxMessage: byteSize()
    .refine((bytes) => bytes <= LARGEST_MESSAGE_BYTES, { error: "expected a size of at most 256MiB" })
    .prefault("64MiB")
    .describe("The largest message of a spliced WebSocket, up to 256MiB; beyond it Close 1009."),
  onUnknown: choice(["reconnect", "keep"])
    .prefault("reconnect")
    .describe(
      "An upstream died, and nobody knows whether it had the client's last messages: `reconnect` closes with 1012, " +
        "so that the app finds out; `keep` moves the client all the same, and those messages may be lost.",
    ),
  unknownWindow: duration({ zero: true })
    .prefault("1s")
    .describe(
      "What an upstream was sent within this time before its loss counts as such, unless something has come back since; 0: nothing does.",
    ),
});

export const webSocketSchema = section({
  onCutover: onCutover.prefault("reconnect"),
  onUpstreamLoss: onUpstreamLoss.prefault("reconnect"),
  ...serviceProtocolKeys,
  splice: spliceSchema.prefault({}),
  waves: section({
    perSecond: count()
      .prefault(500)
      .describe("How many WebSockets are closed or moved, and let back in, each second."),
  }).prefault({}),
  paths: z
    .record(
      pathPrefix(),
      section({
        onCutover: onCutover.exactOptional(),
        onUpstreamLoss: onUpstreamLoss.exactOptional(),
        ...pathProtocolKeys,
      }),
      { error: "expected a mapping of path prefixes, such as /ws: { onCutover: drain }" },
    )
    .prefault({})
    .describe(
      "The same by path prefix (policies and protocol, not `splice` and `waves`); the longest match wins, what it " +
        "leaves out is the service's.",
    ),
});

export type WebSocketConfig = z.output<typeof webSocketSchema>;
