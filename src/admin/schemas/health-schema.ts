// The health check of an upstream as it is written in a request; the keys are those of the config file.

import { z } from "zod";
import { count, text } from "../../config/values.ts";
import { duration } from "./duration-schema.ts";

const STATUS_EXPECTED = "expected a status such as 200, or a range such as 200-399";

/** `200`, `"200"` or `"200-399"` → a range. */
const statusRange = z
  .union([z.string(), z.number()], { error: STATUS_EXPECTED })
  .transform((input, context) => {
    const [, from, to] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(input)) ?? [];
    const range = { from: Number(from), to: Number(to ?? from) };
    if (range.from <= range.to) return range;
    context.addIssue({ code: "custom", message: STATUS_EXPECTED });
    return z.NEVER;
  })
  .meta({ id: "StatusRange", description: 'A status such as 200, or a range such as "200-399".' });

export const healthBody = z
  .strictObject({
    path: text("expected a path that starts with /, such as /api/health", /^\/(?:(?!#)[!-~])*$/).optional(),
    interval: duration.optional(),
    timeout: duration.optional(),
    good: count().optional().describe("Good probes in a row that make it healthy."),
    bad: count().optional().describe("Bad probes in a row that make it unhealthy."),
    status: statusRange.optional().describe("The answers that are good."),
    host: text("expected a host such as chat.example.com", /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/)
      .nullable()
      .optional()
      .describe("The Host header of a probe; null: the upstream's own address."),
    version: text("expected a place in a JSON answer, such as .version", /^(?:\.[^.\s]+)+$/)
      .nullable()
      .optional()
      .describe("Where the version stands in a JSON answer; null: not read."),
  })
  .meta({
    id: "HealthBody",
    description: "What is left out keeps its present value, or takes that of the configured active upstream.",
  });

/** With the units in the names, as the settings have them. */
export function toHealthChange({ interval, timeout, ...health }: z.output<typeof healthBody>) {
  return { ...health, intervalMs: interval, timeoutMs: timeout };
}
