// Tokens over the API. The text of one is in the answer to its making, and nowhere else.

import { z } from "zod";
import type { TokenAnswer, TokensAnswer } from "../api-types.ts";
import { formatDuration, parseDuration } from "../../lib/duration.ts";

const LONGEST_LIFE_MS = 10 * 365 * 86_400_000;

const LIFE_EXPECTED = `expected a duration such as "90d", at most ${formatDuration(LONGEST_LIFE_MS)}`;

/** Longer than what timers reach, which is where the durations of the config end. */
const life = z
  .union([z.string(), z.number()], { error: LIFE_EXPECTED })
  .transform((input, context): number => {
    const ms = parseDuration(input);
    if (ms !== undefined && ms > 0 && ms <= LONGEST_LIFE_MS) return ms;
    context.addIssue({ code: "custom", message: LIFE_EXPECTED });
    return z.NEVER;
  })
  .meta({ id: "TokenLife", description: 'A duration such as "90d", or milliseconds as a number.' });

const tokenName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/, {
  error: "expected a name of at most 64 letters, digits, dots, dashes and underscores",
});
const scope = z.enum(["read", "operate"]).describe("read: may look at everything; operate: may change it.");

export const tokenBody = z
  .strictObject({
    name: tokenName.describe("What the audit log shows; unique."),
    scope,
    expires: life.nullable().optional().describe("For how long it is good; null: until it is revoked."),
  })
  .meta({ id: "TokenBody" });

export const tokenParams = z.object({ name: z.string() });

const tokenDescription = z.object({
  name: z.string(),
  scope,
  createdAt: z.string().describe("ISO 8601, UTC."),
  expiresAt: z.string().nullable().describe("ISO 8601, UTC; null: it does not expire."),
});

export const tokenAnswer = tokenDescription.meta({ id: "Token" }) satisfies z.ZodType<TokenAnswer>;

export const newTokenAnswer = tokenDescription
  .extend({ token: z.string().describe("Its text: shown here only, once.") })
  .meta({ id: "NewToken" });

export const tokensAnswer = z
  .object({ tokens: z.array(tokenAnswer) })
  .meta({ id: "Tokens" }) satisfies z.ZodType<TokensAnswer>;
