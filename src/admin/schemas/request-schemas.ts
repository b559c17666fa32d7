// What callers may send, each unknown key refused. The OpenAPI document is made from the same schemas.

import { z } from "zod";
import { upstreamUrl } from "../../config/values.ts";
import { accepting } from "./accepting.ts";
import { duration, moment, waitDuration } from "./duration-schema.ts";
import { healthBody } from "./health-schema.ts";

const LONGEST_MESSAGE_CHARS = 2_000;
const LONGEST_VERSION_CHARS = 200;
const MOST_ADDRESSES = 64;
const MOST_AUDIT_ENTRIES = 1_000;
const LONGEST_NAME_CHARS = 200;

const service = z.string().optional().describe("May be left out when one service is configured.");

const drainTimeout = waitDuration
  .optional()
  .describe("How long `wait` waits; the service's drainTimeout when left out.");

export const maintenanceBody = z.strictObject({
  service,
  message: z
    .string()
    .max(LONGEST_MESSAGE_CHARS)
    .nullable()
    .optional()
    .describe("Shown to visitors; null: the config's message."),
  expectedEnd: moment.nullable().optional().describe("Shown to visitors; null: unknown."),
  retryAfter: duration.optional().describe("What Retry-After says."),
});

export const serviceQuery = z.strictObject({ service });

export const holdBody = z
  .strictObject({
    service,
    lease: duration.optional().describe("When it runs out, the gateway does what onLeaseEnd says."),
    maxWait: duration.optional().describe("How long one request may be held."),
    onLeaseEnd: z.enum(["maintenance", "open"]).optional(),
    wait: z
      .boolean()
      .optional()
      .describe("Answer only when nothing is in flight on the active upstream, or at drainTimeout."),
    drainTimeout,
  })
  .meta({ id: "HoldBody" });

export const releaseBody = z
  .strictObject({
    service,
    wait: z.boolean().optional().describe("Answer only when no request is held, or at drainTimeout."),
    drainTimeout,
  })
  .meta({ id: "ReleaseBody" });

const url = accepting<string, string>(upstreamUrl());

export const upstreamBody = z
  .strictObject({
    url: url.optional().describe("Its one address: `http://host:port` or `unix:/path`."),
    urls: z
      .array(url)
      .min(1)
      .max(MOST_ADDRESSES)
      .optional()
      .describe("Its addresses, when there are several."),
    health: healthBody.optional(),
  })
  .refine((body) => (body.url === undefined) !== (body.urls === undefined), {
    error: "expected either url or urls",
  })
  .meta({ id: "UpstreamBody" });

export const candidateBody = z
  .strictObject({
    upstream: z.string(),
    waitHealthy: z
      .union([z.boolean(), waitDuration], { error: 'expected true, or a duration such as "60s"' })
      .optional()
      .describe("Answer only when it is healthy: true waits 60 s, a duration as long as it says."),
    version: z
      .string()
      .min(1)
      .max(LONGEST_VERSION_CHARS)
      .optional()
      .describe(
        "Wait until its health answer also says this version; the service's health.version says where.",
      ),
  })
  .refine((body) => body.version === undefined || body.waitHealthy !== false, {
    error: "expected waitHealthy beside version",
  })
  .meta({ id: "CandidateBody" });

export const canaryBody = z
  .strictObject({
    percent: z
      .int({ error: "expected a whole number from 0 to 100" })
      .min(0)
      .max(100)
      .describe("How many of a hundred clients go to the candidate."),
  })
  .meta({ id: "CanaryBody" });

const force = z.boolean().optional().describe("Go on although the upstream is not healthy.");
const waitDrained = z.boolean().optional().describe("Answer only when the old upstream is drained.");
const drainDeadline = waitDuration
  .optional()
  .describe("When what is left on the old upstream is cut; the service's drainTimeout when left out.");

export const cutoverBody = z
  .strictObject({
    to: z.string().optional().describe("The candidate when left out."),
    force,
    wait: waitDrained,
    drainTimeout: drainDeadline,
  })
  .meta({ id: "CutoverBody" });

export const rollbackBody = z
  .strictObject({ force, wait: waitDrained, drainTimeout: drainDeadline })
  .meta({ id: "RollbackBody" });

export const auditQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_AUDIT_ENTRIES)
    .default(100)
    .describe("The most entries to give."),
  actor: z.string().min(1).max(LONGEST_NAME_CHARS).optional().describe("Only what this token did."),
  action: z.string().min(1).max(LONGEST_NAME_CHARS).optional().describe("Only this, such as `cutover`."),
});

export const noQuery = z.strictObject({});

export const serviceParams = z.object({ service: z.string() });
export const upstreamParams = z.object({ service: z.string(), upstream: z.string() });

export const writeHeaders = z.object({
  "If-Match": z.string().optional().describe("The state version that was read: 412 when it has moved."),
  "Idempotency-Key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("A write that is repeated with the same key is done once and answered again."),
});
