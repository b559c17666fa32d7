// Durations and moments as callers of the API write them: the same spelling as in the config file.

import { z } from "zod";
import * as config from "../../config/values.ts";
import { parseDuration } from "../../lib/duration.ts";
import { accepting } from "./accepting.ts";

/** A request that waits keeps a socket open on both sides. */
const LONGEST_WAIT_MS = 3_600_000;

/** → milliseconds, more than 0. */
export const duration = accepting<string | number, number>(config.duration()).meta({
  id: "Duration",
  description: 'A duration: "30s", "5m", "1.5h", or milliseconds as a number.',
});

/** How long a request may wait for its answer; 0 only looks. */
export const waitDuration = accepting<string | number, number>(
  config.duration({ zero: true }).refine((ms) => ms <= LONGEST_WAIT_MS, {
    error: "expected a duration of at most 1h",
  }),
).meta({
  id: "WaitDuration",
  description: 'How long to wait: "30s", "5m", or milliseconds as a number; at most 1h.',
});

/** A point in time that may be relative; the clock that makes it absolute is not the schema's business. */
export type Moment = { at: number } | { fromNowMs: number };

export function momentToWall(moment: Moment, nowMs: number): number {
  return "at" in moment ? moment.at : nowMs + moment.fromNowMs;
}

const MOMENT_EXPECTED =
  'expected a time with its offset such as "2026-01-31T18:00:00Z", or a duration from now such as "20m"';

// Without an offset a time means something else on each machine, so it is not taken.
const isoTime = z.iso.datetime({ offset: true });

export const moment = z
  .union([z.string(), z.number()], { error: MOMENT_EXPECTED })
  .transform((input, context): Moment => {
    const fromNowMs = parseDuration(input);
    if (fromNowMs !== undefined) return { fromNowMs };
    if (isoTime.safeParse(input).success) return { at: Date.parse(String(input)) };
    context.addIssue({ code: "custom", message: MOMENT_EXPECTED });
    return z.NEVER;
  })
  .meta({
    id: "Moment",
    description: 'An ISO 8601 time with its offset, or a duration from now such as "20m".',
  });
