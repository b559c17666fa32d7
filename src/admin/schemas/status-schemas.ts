// What the gateway tells of itself, for the OpenAPI document. The compiler keeps it equal to the gateway's types.

import { z } from "zod";
import { ANSWER_TIME_BOUNDS_MS } from "../../gateway/counters.ts";
import type {
  GatewayStatus,
  HealthStatus,
  Remaining,
  ServiceCounters,
  ServiceStatus,
  UpstreamStatus,
} from "../../gateway/gateway-port.ts";
import type { Mode, Slots } from "../../gateway/snapshot.ts";

const count = z.int().nonnegative();
const wallTime = z.number().describe("Milliseconds since 1970.");

const mode = z
  .discriminatedUnion("name", [
    z.object({ name: z.literal("open") }),
    z.object({
      name: z.literal("hold"),
      since: wallTime,
      leaseEndsAt: wallTime,
      onLeaseEnd: z.enum(["maintenance", "open"]),
      maxWaitMs: z.number(),
    }),
    z.object({
      name: z.literal("maintenance"),
      since: wallTime,
      message: z.string().nullable(),
      expectedEnd: wallTime.nullable(),
      retryAfterMs: z.number(),
    }),
  ])
  .meta({ id: "Mode", description: "What happens to new work." }) satisfies z.ZodType<Mode>;

const slots = z
  .object({ active: z.string(), candidate: z.string().nullable(), previous: z.string().nullable() })
  .meta({ id: "Slots", description: "Where new work goes." }) satisfies z.ZodType<Slots>;

export const healthStatus = z
  .object({
    state: z.enum(["unknown", "healthy", "unhealthy"]),
    checkedAt: wallTime.nullable(),
    reason: z.string().nullable().describe("Why the last probe was bad."),
    version: z.string().nullable(),
  })
  .meta({ id: "HealthStatus" }) satisfies z.ZodType<HealthStatus>;

const upstreamStatus = z
  .object({
    name: z.string(),
    urls: z.array(z.string()),
    slot: z.enum(["active", "candidate", "previous"]).nullable(),
    health: healthStatus,
    inFlight: count,
    tunnels: count,
    drainingUntil: wallTime.nullable(),
  })
  .meta({ id: "UpstreamStatus" }) satisfies z.ZodType<UpstreamStatus>;

const serviceCounters = z
  .object({
    admitted: count,
    forwarded: count,
    refused: count,
    abandoned: count,
    shed: count,
    expired: count,
    held: count,
    released: count,
    heldMs: z.number().nonnegative().describe("Of all requests that were held and answered, together."),
    answers: z.array(count).describe("By class of status; index 1 is 1xx, index 5 is 5xx."),
    resent: count,
    failed: count,
    tunnelsOpened: count,
    tunnelsClosed: count,
    reconnected: count,
    cut: count,
    cutovers: count,
    connectFailures: count,
    upstreamErrors: count.describe("5xx of the app itself."),
    answerTimes: z
      .array(count)
      .describe(
        `The app's answers by the time to their head: at most ${ANSWER_TIME_BOUNDS_MS.join(", ")} ms, or longer.`,
      ),
  })
  .meta({
    id: "ServiceCounters",
    description: "Totals since the start of the process.",
  }) satisfies z.ZodType<ServiceCounters>;

export const serviceStatus = z
  .object({
    name: z.string(),
    hosts: z.array(z.string()),
    paths: z.array(z.string()),
    mode,
    automaticHoldSince: wallTime.nullable(),
    slots,
    upstreams: z.array(upstreamStatus),
    held: count,
    inFlight: count,
    tunnels: count,
    releaseLimit: count.nullable(),
    counters: serviceCounters,
  })
  .meta({ id: "ServiceStatus" }) satisfies z.ZodType<ServiceStatus>;

export const remaining = z.object({ inFlight: count, tunnels: count, held: count }).meta({
  id: "Remaining",
  description: "What was left when the waiting ended.",
}) satisfies z.ZodType<Remaining>;

const socketAddress = z.union([
  z.object({ host: z.string(), port: z.int() }),
  z.object({ path: z.string() }),
]);

export const gatewayStatus = z.object({
  version: count.describe("The snapshot in effect."),
  listening: z.array(socketAddress),
  connections: count,
  engineRefusals: z.record(z.string(), count),
  services: z.array(serviceStatus),
}) satisfies z.ZodType<GatewayStatus>;
