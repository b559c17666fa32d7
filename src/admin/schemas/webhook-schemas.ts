// Webhooks, for the OpenAPI document. The compiler keeps them equal to the types of those who make them.

import { z } from "zod";
import type { WebhookStatus } from "../../webhooks/webhook.ts";
import type { WebhookTest } from "../../webhooks/webhooks.ts";

const count = z.int().nonnegative();
const wallTime = z.number().describe("Milliseconds since 1970.");

export const webhookParams = z.object({ webhook: z.string() });

export const webhookStatus = z
  .object({
    name: z.string(),
    to: z.string().describe("Without what follows the host, which may be secret."),
    state: z
      .enum(["idle", "sending", "retrying", "stopped"])
      .describe("`stopped`: the receiver has answered 410; a changed config, or a reload, asks it again."),
    queued: count,
    sent: count,
    failed: count.describe("Posts that were given up after all retries."),
    dropped: count.describe("Posts for which the queue had no place."),
    lastSuccessAt: wallTime.nullable(),
    lastFailureAt: wallTime.nullable(),
    lastFailure: z.string().nullable(),
  })
  .meta({ id: "WebhookStatus" }) satisfies z.ZodType<WebhookStatus>;

export const webhookTestAnswer = z
  .object({ delivered: z.boolean(), reason: z.string().nullable().describe("Why it was not.") })
  .meta({ id: "WebhookTest" }) satisfies z.ZodType<WebhookTest>;
