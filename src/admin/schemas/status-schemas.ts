// What the gateway tells of itself, for the OpenAPI document. The compiler keeps it equal to the gateway's types.

import { z } from "zod";
import { ANSWER_TIME_BOUNDS_MS, GAP_BOUNDS_MS, HELD_TIME_BOUNDS_MS } from "../../gateway/counters.ts";
import type {
  AddressStatus,
  CanaryStatus,
  GatewayStatus,
  GiveUpReason,
  HealthStatus,
  Remaining,
  ServiceCounters,
  ServiceStatus,
  TunnelCount,
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

const canary = z
  .object({
    percent: z.int().describe("How many of a hundred clients go to the candidate."),
    since: wallTime,
    serving: z
      .boolean()
      .describe("False: the candidate is not healthy, and everybody goes to the active upstream."),
  })
  .meta({ id: "Canary" }) satisfies z.ZodType<CanaryStatus>;

export const healthStatus = z
  .object({
    state: z.enum(["unknown", "healthy", "unhealthy"]),
    checkedAt: wallTime.nullable(),
    reason: z.string().nullable().describe("Why the last probe was bad."),
    version: z.string().nullable(),
  })
  .meta({ id: "HealthStatus" }) satisfies z.ZodType<HealthStatus>;

const addressStatus = z
  .object({
    url: z.string(),
    inFlight: count,
    ejected: z
      .boolean()
      .describe("Passed over for a while, because connections failed there or answers were lost."),
    problem: z.string().nullable().describe("What was wrong with its last probe."),
  })
  .meta({ id: "AddressStatus" }) satisfies z.ZodType<AddressStatus>;

const upstreamStatus = z
  .object({
    name: z.string(),
    urls: z.array(z.string()),
    addresses: z.array(addressStatus).describe("In the order of `urls`."),
    slot: z.enum(["active", "candidate", "previous"]).nullable(),
    health: healthStatus,
    inFlight: count,
    tunnels: count,
    connects: count.describe("Connections to it that were begun."),
    drainingUntil: wallTime.nullable(),
  })
  .meta({ id: "UpstreamStatus" }) satisfies z.ZodType<UpstreamStatus>;

const tunnelCount = z
  .object({
    policy: z.enum(["drain", "reconnect", "splice"]).describe("What a cutover does with them."),
    protocol: z
      .string()
      .nullable()
      .describe(
        "`unknown`: it has not shown, or is not one that is known; null: nobody looks into these, they are not spliced.",
      ),
    count,
  })
  .meta({ id: "TunnelCount" }) satisfies z.ZodType<TunnelCount>;

const givenUp = z
  .object({
    obstacle: count.describe("It cannot be moved, or not as it was just then."),
    unsure: count.describe("What the client said last may not have reached the upstream that was lost."),
    unreachable: count.describe("No upstream came (back) in time."),
    refused: count.describe("The new upstream refused the handshake, or answered it otherwise."),
    replay: count.describe("The new upstream did not take the client."),
    overflow: count.describe("The client said more than is kept (Close 1013)."),
  })
  .describe("Tunnels of splice paths that were not moved, by reason.") satisfies z.ZodType<
  Record<GiveUpReason, number>
>;

const serviceCounters = z
  .object({
    admitted: count,
    forwarded: count,
    refused: count,
    abandoned: count,
    shed: count,
    expired: count,
    stale: count.describe("Answered from the shell cache."),
    held: count,
    released: count,
    heldMs: z.number().nonnegative().describe("Of all requests that were held and answered, together."),
    heldTimes: z
      .array(count)
      .describe(
        `Requests that are over by how long they were held: at most ${HELD_TIME_BOUNDS_MS.join(", ")} ms, or longer.`,
      ),
    heldTimesMs: z.number().nonnegative().describe("Of all that heldTimes counts, together."),
    answers: z.array(count).describe("By class of status; index 1 is 1xx, index 5 is 5xx."),
    resent: count,
    failed: count,
    tunnelsOpened: count,
    tunnelsClosed: count,
    reconnected: count,
    waves: count.describe("Batches in which tunnels were closed or moved."),
    cut: count,
    spliced: count.describe("Moves of tunnels to another upstream, or to the same one come back."),
    givenUp,
    unsureKept: count.describe("Tunnels that went on although their client's last messages may be lost."),
    gaps: z
      .array(count)
      .describe(
        `Moves by how long the client had no upstream: at most ${GAP_BOUNDS_MS.join(", ")} ms, or longer.`,
      ),
    gapMs: z.number().nonnegative().describe("Of all moves, together."),
    cutovers: count,
    rollbacks: count.describe("Those of the cutovers that went back to the previous upstream."),
    canaryToCandidate: count.describe("Requests that a canary has sent to the candidate."),
    canaryToActive: count.describe("Those that went to the active upstream meanwhile."),
    canaryFellBack: count.describe(
      "Those that failed at the candidate and went to the active upstream then.",
    ),
    connectFailures: count,
    upstreamErrors: count.describe("5xx of the app itself."),
    answerTimes: z
      .array(count)
      .describe(
        `The app's answers by the time to their head: at most ${ANSWER_TIME_BOUNDS_MS.join(", ")} ms, or longer.`,
      ),
    answerMs: z.number().nonnegative().describe("Of all that answerTimes counts, together."),
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
    canary: canary.nullable(),
    upstreams: z.array(upstreamStatus),
    held: count,
    inFlight: count,
    tunnels: count,
    tunnelsBy: z.array(tunnelCount).describe("The same tunnels by policy and protocol."),
    parked: count.describe("Those of `tunnels` whose client has no upstream just now."),
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
