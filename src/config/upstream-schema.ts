// An upstream and its health check, as the file writes them.

import { z } from "zod";
import type { Parsed } from "./parsed.ts";
import { section } from "./section.ts";
import { count, duration, list, parsedBy, text, upstreamUrl } from "./values.ts";

const STATUS_EXPECTED = "expected a status or a range of them, such as 200 or 200-399";

const healthKeys = {
  path: text("expected a path that starts with /, such as /api/health", /^\/(?:(?!#)[!-~])*$/).describe(
    "The path that is asked.",
  ),
  interval: duration().describe("The time between two probes."),
  timeout: duration().describe("How long a probe may take."),
  good: count().describe("Good probes in a row that make an upstream healthy."),
  bad: count().describe("Bad probes in a row that make it unhealthy."),
  status: statusRange().describe("The answers that are good: one status or a range."),
  host: text("expected a host such as chat.example.com", /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/)
    .nullable()
    .describe("The Host header of a probe; null: the upstream's own address."),
  version: text("expected a place in a JSON answer, such as .version", /^(?:\.[^.\s]+)+$/)
    .nullable()
    .describe("Where the JSON answer holds the app's version, such as `.version`; null: not read."),
};

export const healthSchema = section({
  path: healthKeys.path.prefault("/"),
  interval: healthKeys.interval.prefault("1s"),
  timeout: healthKeys.timeout.prefault("5s"),
  good: healthKeys.good.prefault(2),
  bad: healthKeys.bad.prefault(3),
  status: healthKeys.status.prefault("200-399"),
  host: healthKeys.host.prefault(null),
  version: healthKeys.version.prefault(null),
});

/** What one upstream does differently from its service's health check. */
const healthOverride = section({
  path: healthKeys.path.exactOptional(),
  interval: z.exactOptional(healthKeys.interval),
  timeout: z.exactOptional(healthKeys.timeout),
  good: healthKeys.good.exactOptional(),
  bad: healthKeys.bad.exactOptional(),
  status: z.exactOptional(healthKeys.status),
  host: healthKeys.host.exactOptional(),
  version: healthKeys.version.exactOptional(),
});

const upstreamMapping = section({
  url: z.exactOptional(upstreamUrl()).describe("The upstream's one address."),
  urls: list(upstreamUrl())
    .exactOptional()
    .describe("Its addresses, when there are several: the one with the least in flight is chosen."),
  health: z.exactOptional(healthOverride).describe("What differs from the service's health check."),
}).transform(({ url, urls, health = {} }, context) => {
  const given = [...(url === undefined ? [] : [url]), ...(urls ?? [])];
  if (given.length === 0 || (url !== undefined && urls !== undefined)) {
    const message = "expected either url, or urls with at least one address";
    context.issues.push({ code: "custom", message, input: {} });
  }
  return { urls: given, health };
});

export const upstreamSchema = z
  .union([upstreamUrl().transform((url) => ({ urls: [url], health: {} })), upstreamMapping], {
    error: "expected a URL such as http://127.0.0.1:3000, or a mapping with url or urls",
  })
  .describe("An upstream: its URL (`http://host:port` or `unix:/path`), or a mapping.");

function statusRange() {
  const pattern = /^[1-5]\d\d(?:-[1-5]\d\d)?$/;
  const error = STATUS_EXPECTED;
  const written = z.union([text(error, pattern), z.int({ error }).min(100, { error }).max(599, { error })], {
    error,
  });
  return parsedBy(written, (input): Parsed<{ from: number; to: number }> => {
    const [from = Number.NaN, to = from] = String(input).split("-").map(Number);
    return from <= to ? { meaning: { from, to } } : { refusal: STATUS_EXPECTED };
  });
}
