// The kinds of values that stand behind the keys: each knows what it accepts (for editors), what it means
// (for us) and what to say when it is neither.

import { z } from "zod";
import { BYTE_SIZE_PATTERN, parseByteSize } from "../lib/byte-size.ts";
import { DURATION_PATTERN, formatDuration, parseDuration } from "../lib/duration.ts";
import { parseHost } from "./parse-host.ts";
import { parseNetwork } from "./parse-network.ts";
import { parseSocketAddress } from "./parse-socket-address.ts";
import { parseUpstreamUrl } from "./parse-upstream-url.ts";
import type { Parsed } from "./parsed.ts";

// Timers end at 2^31-1 ms (lib/clock.ts): a longer lease would run out early, and nobody would know why.
const LONGEST_DURATION_MS = 24 * 86_400_000;
const LARGEST_COUNT = 1_000_000_000;

/** Milliseconds. */
export function duration(options: { zero: boolean } = { zero: false }) {
  const error = "expected a duration such as 30s or 5m";
  const text = z.string({ error }).regex(DURATION_PATTERN, { error });
  const written = z.union([text, z.number({ error }).min(0, { error })], { error });
  return parsedBy(written, (input): Parsed<number> => {
    const ms = parseDuration(input);
    if (ms === undefined) return { refusal: error };
    if (ms > LONGEST_DURATION_MS) {
      return { refusal: `expected a duration of at most ${formatDuration(LONGEST_DURATION_MS)}` };
    }
    return ms > 0 || options.zero ? { meaning: ms } : { refusal: "expected a duration longer than 0" };
  });
}

/** Bytes, at least one. */
export function byteSize(most?: { bytes: number; text: string }) {
  const error = "expected a size such as 64KiB or 8MiB";
  const text = z.string({ error }).regex(BYTE_SIZE_PATTERN, { error });
  const written = z.union([text, z.int({ error }).min(1, { error })], { error });
  return parsedBy(written, (input): Parsed<number> => {
    const bytes = parseByteSize(input);
    if (bytes === undefined || bytes === 0) return { refusal: error };
    const isTooLarge = most !== undefined && bytes > most.bytes;
    return isTooLarge ? { refusal: `expected a size of at most ${most.text}` } : { meaning: bytes };
  });
}

export function count() {
  const error = "expected a whole number of at least 1";
  return z
    .int({ error })
    .min(1, { error })
    .max(LARGEST_COUNT, { error: `expected a whole number of at most ${LARGEST_COUNT}` });
}

export function yesOrNo() {
  return z.boolean({ error: "expected true or false" });
}

/** A string that is not empty. */
export function text(error: string, pattern?: RegExp) {
  const written = z.string({ error });
  return pattern ? written.regex(pattern, { error }) : written.min(1, { error });
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `expected ${values.join(" or ")}` });
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "expected a list, such as [first, second]" });
}

export function socketAddress() {
  return parsedBy(z.string({ error: "expected an address such as 0.0.0.0:8080" }), parseSocketAddress);
}

export function upstreamUrl() {
  return parsedBy(
    text("expected a URL such as http://127.0.0.1:3000 or unix:/run/app.sock"),
    parseUpstreamUrl,
  );
}

export function host() {
  return parsedBy(text("expected a host such as chat.example.com or *.example.com"), parseHost);
}

export function network() {
  return parsedBy(text("expected a network such as 10.0.0.0/8 or fd00::/8"), parseNetwork);
}

/** The beginning of a request's path. Written as it travels, so without spaces and percent-encoded. */
export function pathPrefix() {
  return text("expected a path that starts with /, such as /chat", /^\/(?:(?![?#*])[!-~])*$/);
}

/** A path in which `*` stands for anything, slashes included. */
export function pathPattern() {
  return text("expected a path that starts with /, such as /assets/*", /^\/(?:(?![?#])[!-~])*$/);
}

/** A service's name: it becomes part of paths and labels. */
export function serviceName() {
  return text("expected a name of a-z, 0-9 and -, such as chat-2", /^[a-z0-9][a-z0-9-]*$/);
}

/** Not digits alone: JavaScript would sort such keys first, and the order of the file decides which is active. */
export function upstreamName() {
  return text(
    "expected a name of a-z, 0-9 and - with a letter, such as blue",
    /^(?!\d+$)[a-z0-9][a-z0-9-]*$/,
  );
}

/** What `accepted` lets through, turned into what it means. */
export function parsedBy<Input, Meaning>(
  accepted: z.ZodType<Input>,
  parse: (input: Input) => Parsed<Meaning>,
): z.ZodType<Meaning> {
  return accepted.transform((input, context): Meaning => {
    const parsed = parse(input);
    if ("meaning" in parsed) return parsed.meaning;
    context.issues.push({ code: "custom", message: parsed.refusal, input });
    return z.NEVER;
  });
}
