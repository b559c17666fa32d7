// Links that lead past maintenance.

import { z } from "zod";
import * as config from "../../config/values.ts";
import { formatDuration } from "../../lib/duration.ts";
import { accepting } from "./accepting.ts";

// Whoever has such a link gets in: one that is forgotten must end by itself.
const LONGEST_MS = 7 * 86_400_000;

export const bypassBody = z
  .strictObject({
    for: accepting<string | number, number>(
      config.duration().refine((ms) => ms >= 1000 && ms <= LONGEST_MS, {
        error: `expected a duration from 1s to ${formatDuration(LONGEST_MS)}`,
      }),
    )
      .optional()
      .describe("How long the link, and the cookie it sets, are good for; 1h when left out, at most 7 days."),
  })
  .meta({ id: "BypassBody" });

export const bypassAnswer = z
  .object({
    service: z.string(),
    path: z.string().describe("What to open on the address at which users reach the service."),
    token: z.string().describe("The same without the path; a secret like the link."),
    expiresAt: z.number().describe("Milliseconds since 1970."),
  })
  .meta({ id: "BypassAnswer" });

export const bypassRevoked = z
  .object({ service: z.string(), changed: z.boolean() })
  .meta({ id: "BypassRevoked" });
