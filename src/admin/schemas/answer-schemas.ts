// What the API answers, for the OpenAPI document. The compiler keeps it equal to api-types.ts.

import { z } from "zod";
import { ERROR_TABLE } from "../../lib/gateway-error.ts";
import type { ErrorCode } from "../../lib/gateway-error.ts";
import type {
  AuditAnswer,
  CandidateAnswer,
  EventMessage,
  Problem,
  ServiceOverview,
  StatusAnswer,
  WaitedAnswer,
  WindowStatus,
  WhoamiAnswer,
  WriteAnswer,
} from "../api-types.ts";
import { announcement, upgradeSummary } from "./upgrade-schemas.ts";
import { webhookStatus } from "./webhook-schemas.ts";
import { gatewayStatus, healthStatus, remaining, serviceStatus } from "./status-schemas.ts";

const wallTime = z.number().describe("Milliseconds since 1970.");
const stateVersion = z.int().describe("What If-Match is compared with.");

export const windowStatus = z
  .object({
    startsAt: wallTime,
    endsAt: wallTime,
    message: z.string().nullable().describe("Shown to visitors, before and during it."),
    phase: z
      .enum(["scheduled", "announced", "running"])
      .describe("`announced`: users are told of it. `running`: the maintenance is on, and ends by itself."),
  })
  .meta({ id: "WindowStatus" }) satisfies z.ZodType<WindowStatus>;

const serviceOverview = serviceStatus
  .extend({
    upgrade: upgradeSummary
      .nullable()
      .describe("The run under way, or the last one when it was paused; null: neither."),
    announcement: announcement.nullable(),
    window: windowStatus.nullable().describe("The planned maintenance."),
  })
  .meta({ id: "ServiceOverview" }) satisfies z.ZodType<ServiceOverview>;

export const statusAnswer = gatewayStatus
  .extend({
    holdgate: z.string().describe("The version of Holdgate."),
    stateVersion,
    startedAt: z.number().describe("Of this process, milliseconds since 1970: counters begin then."),
    config: z
      .object({
        loadedAt: z.number().describe("When the configuration in force was read, milliseconds since 1970."),
        lastError: z
          .object({ at: z.number(), reason: z.string() })
          .nullable()
          .describe("Why the newest configuration is not in force; null: it is."),
      })
      .describe("The configuration file."),
    process: z.object({
      residentBytes: z.int(),
      heapBytes: z.int(),
      eventLoopDelay: z
        .object({ p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() })
        .describe("How late the event loop was in the last ten seconds or more."),
    }),
    runners: z.int().nonnegative().describe("Runners that are connected."),
    webhooks: z.array(webhookStatus),
    services: z.array(serviceOverview),
  })
  .meta({ id: "StatusAnswer" }) satisfies z.ZodType<StatusAnswer>;

export const whoamiAnswer = z
  .object({
    actor: z.string().describe("The token's name; `socket` for whoever comes over the unix socket."),
    scope: z.enum(["read", "operate"]),
  })
  .meta({ id: "WhoamiAnswer" }) satisfies z.ZodType<WhoamiAnswer>;

export const writeAnswer = z
  .object({
    version: stateVersion,
    changed: z.boolean().describe("False when everything was so already."),
    service: serviceStatus,
  })
  .meta({ id: "WriteAnswer" }) satisfies z.ZodType<WriteAnswer>;

export const waitedAnswer = writeAnswer
  .extend({
    settled: z.boolean().optional().describe("With wait: false when the deadline came first."),
    remaining: remaining.optional(),
  })
  .meta({ id: "WaitedAnswer" }) satisfies z.ZodType<WaitedAnswer>;

export const candidateAnswer = writeAnswer
  .extend({ health: healthStatus })
  .meta({ id: "CandidateAnswer" }) satisfies z.ZodType<CandidateAnswer>;

const isoTime = z.string().describe("ISO 8601, UTC.");

export const eventMessage = z
  .object({
    id: z.int().describe("Goes up; what Last-Event-ID takes."),
    at: isoTime,
    type: z.string(),
    service: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "EventMessage" }) satisfies z.ZodType<EventMessage>;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys gives strings; these are the table's own
const errorCode = z.enum(Object.keys(ERROR_TABLE) as ErrorCode[]).meta({ id: "ErrorCode" });

export const auditAnswer = z
  .object({
    entries: z.array(
      z.object({
        at: isoTime,
        actor: z.string().describe("The token's name, `socket`, or `holdgate` for the gateway itself."),
        from: z.string(),
        action: z.string(),
        service: z.string().nullable(),
        outcome: z.enum(["done", "refused"]),
        code: z.string().optional().describe("Why it was refused."),
        version: z.int(),
        parameters: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: "AuditAnswer" }) satisfies z.ZodType<AuditAnswer>;

export const problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: errorCode,
  })
  .meta({
    id: "Problem",
    description: "An error as RFC 9457 has it; `code` is what to match on.",
  }) satisfies z.ZodType<Problem>;
