// Runs of upgrades, for callers and for runners. The compiler keeps them equal to control's types.

import { z } from "zod";
import type { RunnerOrder } from "../../control/runner-order.ts";
import type { UpgradeReport, UpgradeStepReport } from "../../control/upgrade-report.ts";
import type { Announcement } from "../../gateway/gateway-port.ts";
import type { UpgradeSummary } from "../api-types.ts";
import { moment } from "./duration-schema.ts";

const LONGEST_ID_CHARS = 100;
const LONGEST_NAME_CHARS = 200;
const LONGEST_MESSAGE_CHARS = 2_000;
const MOST_STEPS = 1_000;

const runId = z
  .string()
  .max(LONGEST_ID_CHARS)
  .regex(/^[\w.-]+$/, { error: "expected the id of a run such as 20261121-105312-k3f9" });
const name = z.string().max(LONGEST_NAME_CHARS);
const wallTime = z.number().describe("Milliseconds since 1970.");
const percent = z.number().min(0).max(100);
const vars = z.record(z.string(), z.string());

const state = z
  .enum(["running", "waiting", "rolling_back", "paused", "kept", "rolled_back", "planned", "refused"])
  .describe("`waiting`: for an approval. `refused`: the plan is invalid, or another run is under way.");

const stepReport = z
  .object({
    id: name,
    verb: name,
    title: z.string(),
    state: z.enum(["pending", "running", "done", "skipped", "failed", "undoing", "undone"]),
    percent: percent.nullable(),
    detail: z.string().nullable().describe("The last thing it said."),
    startedAt: wallTime.nullable(),
    finishedAt: wallTime.nullable(),
  })
  .meta({ id: "UpgradeStepReport" }) satisfies z.ZodType<UpgradeStepReport>;

export const upgradeReport = z
  .object({
    id: runId,
    name: name.describe("The plan's."),
    service: name,
    dryRun: z.boolean(),
    state,
    startedAt: wallTime,
    finishedAt: wallTime.nullable(),
    percent: percent.describe("By steps done."),
    step: z.string().nullable().describe("What is being done, for people."),
    message: z
      .string()
      .nullable()
      .describe("What it waits for, why it was paused or rolled back; several lines for a dry run."),
    lost: z.string().nullable().describe("What a rollback has lost; null: nothing."),
    exitCode: z
      .int()
      .nullable()
      .describe(
        "0 kept, 10 rolled back, 20 with data loss, 30 paused, 40 locked, 50 plan invalid; null: not over.",
      ),
    steps: z.array(stepReport).max(MOST_STEPS),
  })
  .meta({
    id: "UpgradeReport",
    description: "What a runner tells of a run.",
  }) satisfies z.ZodType<UpgradeReport>;

export const upgradeSummary = upgradeReport
  .omit({ steps: true })
  .meta({ id: "UpgradeSummary" }) satisfies z.ZodType<UpgradeSummary>;

export const submitBody = z
  .strictObject({
    plan: z.string().min(1).describe("The text of the plan, YAML."),
    vars: vars.optional().describe("Over the plan's own."),
    dryRun: z.boolean().optional().describe("Only say what would be done."),
  })
  .meta({ id: "UpgradeBody" });

export const approveBody = z
  .strictObject({ answer: z.enum(["continue", "rollback"]) })
  .meta({ id: "ApproveBody" });

export const runParams = z.object({ id: runId });

export const acceptedAnswer = z.object({ id: runId, report: upgradeReport }).meta({ id: "UpgradeAccepted" });

export const upgradesAnswer = z.object({ upgrades: z.array(upgradeReport) }).meta({ id: "UpgradesAnswer" });

export const reportedAnswer = z.object({ id: runId }).meta({ id: "UpgradeReported" });

export const runnerQuery = z.strictObject({
  accepts: z
    .string()
    .regex(/^(?:plans|run:[\w.-]{1,100})$/, {
      error: "expected plans, or run: with the id of the run that is carried out",
    })
    .describe("`plans`: takes any; `run:<id>`: carries this one out."),
});

export const runnerOrder = z
  .discriminatedUnion("order", [
    z.object({
      order: z.enum(["run", "dry-run"]),
      id: runId,
      name: name.describe("The plan's, as far as the gateway can tell."),
      service: name,
      plan: z.string(),
      vars,
    }),
    z.object({ order: z.enum(["cancel", "resume", "rollback"]), id: runId }),
    z.object({ order: z.literal("approve"), id: runId, answer: z.enum(["continue", "rollback"]) }),
  ])
  .meta({ id: "RunnerOrder" }) satisfies z.ZodType<RunnerOrder>;

export const announcementBody = z
  .strictObject({
    message: z.string().min(1).max(LONGEST_MESSAGE_CHARS).describe("What visitors are told."),
    at: moment.nullable().optional().describe("Of the interruption; null: not said."),
  })
  .meta({ id: "AnnouncementBody" });

export const announcement = z
  .object({ message: z.string(), at: wallTime.nullable() })
  .meta({ id: "Announcement" }) satisfies z.ZodType<Announcement>;

export const announcementAnswer = z
  .object({
    service: z.string(),
    version: z.int().describe("The version of the state."),
    changed: z.boolean(),
    announcement: announcement.nullable(),
  })
  .meta({ id: "AnnouncementAnswer" });
