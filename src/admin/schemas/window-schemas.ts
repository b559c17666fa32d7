// Maintenance that is planned ahead, as it is asked for and told of.

import type { z } from "zod";
import type { MaintenanceAnswer } from "../api-types.ts";
import { windowStatus, writeAnswer } from "./answer-schemas.ts";
import { duration, moment } from "./duration-schema.ts";
import { maintenanceBody } from "./request-schemas.ts";

export const plannedMaintenanceBody = maintenanceBody
  .safeExtend({
    at: moment.optional().describe("When it begins; with `for`. Left out: now."),
    for: duration.optional().describe("It ends by itself after that. Plans a window."),
  })
  .refine((body) => body.at === undefined || body.for !== undefined, {
    error: "expected `for` beside `at`: how long the maintenance takes, such as 30m",
  })
  .refine((body) => body.for === undefined || body.expectedEnd === undefined, {
    error: "expected either expectedEnd or for: a window ends when its time is over",
  })
  .meta({ id: "MaintenanceBody" });

export const maintenanceAnswer = writeAnswer
  .extend({ window: windowStatus.nullable().describe("The window that is planned or runs.") })
  .meta({ id: "MaintenanceAnswer" }) satisfies z.ZodType<MaintenanceAnswer>;
