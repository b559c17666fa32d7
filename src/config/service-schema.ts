// One service, as the file writes it. The defaults are right for one chat app on one machine.

import { z } from "zod";
import { candidateSchema } from "./candidate-schema.ts";
import { section } from "./section.ts";
import { healthSchema, upstreamSchema } from "./upstream-schema.ts";
import {
  byteSize,
  choice,
  count,
  duration,
  host,
  list,
  network,
  pathPattern,
  pathPrefix,
  text,
  upstreamName,
  yesOrNo,
} from "./values.ts";
import { webSocketSchema } from "./websocket-schema.ts";

const holdSchema = section({
  automatic: yesOrNo()
    .prefault(true)
    .describe("Hold by itself while the upstream cannot be reached; false: such a request gets 502 at once."),
  maxWait: duration({ zero: true }).prefault("30s").describe("How long one request may be held."),
  maxRequests: count().prefault(10_000).describe("How many requests may be held at once; more get 503."),
  maxPerClient: count().prefault(256).describe("How many of them may come from one client address."),
  lease: duration()
    .prefault("5m")
    .describe("How long a hold as a whole may last; a forgotten hold ends by itself."),
  onLeaseEnd: choice(["maintenance", "open"])
    .prefault("maintenance")
    .describe("What follows when the lease runs out: `maintenance` or `open`."),
});

const maintenanceSchema = section({
  message: text("expected a text")
    .nullable()
    .prefault(null)
    .describe("What the maintenance page says; null: a general sentence in the visitor's language."),
  retryAfter: duration({ zero: true }).prefault("30s").describe("The Retry-After of the 503."),
  page: text("expected the path of an HTML file")
    .nullable()
    .prefault(null)
    .describe("An HTML file that replaces the page, relative to the config file; null: the built-in page."),
  announceBefore: duration({ zero: true })
    .prefault("24h")
    .describe("How long before a planned maintenance users are told of it; 0s: not at all."),
  assets: text("expected the path of a directory")
    .nullable()
    .prefault(null)
    .describe("A directory of files for that page, served below /.holdgate/assets/; relative like the page."),
  bypass: section({
    networks: list(network())
      .prefault([])
      .describe("Client networks that get past maintenance and holds, to look before users do."),
  }).prefault({}),
});

const shellCacheSchema = section({
  paths: list(pathPattern())
    .prefault([])
    .describe(
      "Paths whose answers are kept, and given while the app is away: /assets/*, with * for anything.",
    ),
  maxBytes: byteSize().prefault("64MiB").describe("How much memory that may take."),
});

const timeoutsSchema = section({
  head: duration().prefault("10s").describe("A client's request head, from its first byte to its end."),
  idle: duration().prefault("75s").describe("A client's connection with no request on it."),
  bodyStall: duration().prefault("30s").describe("A request body of which nothing comes."),
  connect: duration().prefault("2s").describe("Connecting to an upstream."),
  responseHead: duration().prefault("60s").describe("From the request to the head of its response."),
  responseStall: duration({ zero: true })
    .prefault("300s")
    .describe("A response body of which nothing comes; 0: for ever. Event streams are exempt."),
  idleUpstream: duration()
    .prefault("55s")
    .describe("A connection to an upstream with no request on it; keep it below the app's own keep-alive."),
});

const limitsSchema = section({
  requestLine: byteSize().prefault("8KiB").describe("The longest request line; beyond it 414."),
  head: byteSize().prefault("32KiB").describe("The largest request head; beyond it 431."),
  headers: count().prefault(200).describe("The most headers of a request; beyond it 431."),
  body: byteSize().nullable().prefault(null).describe("The largest request body; beyond it 413. null: any."),
  replayBody: byteSize()
    .prefault("64KiB")
    .describe("How much of a request body is kept, so that the request can be held or sent again."),
});

export const serviceSchema = section({
  hosts: list(host())
    .prefault([])
    .describe("The hosts it answers to; none: any host. `*.example.com` takes every name below one."),
  paths: list(pathPrefix())
    .min(1, { error: "expected at least one path prefix, such as /" })
    .prefault(["/"])
    .describe("The path prefixes it answers to; the longest match wins."),
  testHosts: list(host()).prefault([]).describe("Hosts that always lead to the candidate."),
  candidate: candidateSchema.prefault({}),
  upstreams: z
    .record(upstreamName(), upstreamSchema, {
      error: "expected a mapping of upstreams, such as blue: http://127.0.0.1:3000",
    })
    .refine((upstreams) => Object.keys(upstreams).length > 0, {
      error: "expected at least one upstream, such as blue: http://127.0.0.1:3000",
    })
    .meta({ minProperties: 1 }),
  active: upstreamName()
    .exactOptional()
    .describe(
      "The upstream that serves at first; left out: the first one. Once there is a state file, that decides.",
    ),
  health: healthSchema.prefault({}),
  hold: holdSchema.prefault({}),
  release: section({
    initial: count()
      .prefault(8)
      .describe(
        "How many held requests are in flight at first when a hold ends; doubled while all goes well.",
      ),
  }).prefault({}),
  drainTimeout: duration({ zero: true })
    .prefault("30s")
    .describe("How long work on an upstream that was left may go on before it is cut."),
  websocket: webSocketSchema.prefault({}),
  maintenance: maintenanceSchema.prefault({}),
  shellCache: shellCacheSchema.prefault({}),
  timeouts: timeoutsSchema.prefault({}),
  limits: limitsSchema.prefault({}),
});
