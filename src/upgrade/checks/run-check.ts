// Makes one check. Whatever an app, a container or a network may do makes it bad; only the end of the step and a plan
// that cannot be carried out are thrown.

import { EngineError } from "../../docker/engine-error.ts";
import type { Check } from "../plan/check.ts";
import type { CheckContext } from "./check-context.ts";
import { type Bad, bad, type CheckResult } from "./check-result.ts";
import { checkDocker } from "./docker-check.ts";
import { checkExec } from "./exec-check.ts";
import { checkHttp } from "./http-check.ts";
import { checkLog } from "./log-check.ts";
import { checkMetric } from "./metric-check.ts";
import { checkTcp } from "./tcp-check.ts";
import { checkVersion } from "./version-check.ts";
import { checkWs } from "./ws-check.ts";

export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  try {
    const result = await look(check, context);
    return result.ok ? result : bad(context.world.redact(result.reason));
  } catch (error) {
    context.world.signal.throwIfAborted();
    if (error instanceof EngineError) return bad(error.message);
    throw error;
  }
}

/** What is bad of all of them, side by side. */
export async function findBad(checks: readonly Check[], context: CheckContext): Promise<Bad[]> {
  const results = await Promise.all(checks.map((check) => runCheck(check, context)));
  return results.filter((result) => !result.ok);
}

/** Whether a check compares what the gateway has counted: then the counters of the step's beginning are needed. */
export function needsMetrics(checks: readonly Check[]): boolean {
  return checks.some(({ kind }) => kind === "metric");
}

function look(check: Check, context: CheckContext): Promise<CheckResult> {
  switch (check.kind) {
    case "http":
      return checkHttp(check, context);
    case "tcp":
      return checkTcp(check, context);
    case "ws":
      return checkWs(check, context);
    case "docker":
      return checkDocker(check, context);
    case "exec":
      return checkExec(check, context);
    case "log":
      return checkLog(check, context);
    case "version":
      return checkVersion(check, context);
    case "metric":
      return checkMetric(check, context);
  }
}
