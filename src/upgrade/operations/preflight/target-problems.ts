// Targets that must run before anything is done to them, and be healthy where that can be told.

import { targetRef } from "../../checks/check-context.ts";
import { runCheck } from "../../checks/run-check.ts";
import { lookNow } from "../../checks/look-context.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";

export async function targetProblems(
  { preflight, targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  const problems: string[] = [];
  for (const target of preflight.healthy) {
    const ref = targetRef(target, targets);
    if (ref.kind === "process") {
      const hosted = await context.processes.find(ref.name);
      if (hosted?.state.name !== "running") problems.push(`the process ${target} does not run`);
      continue;
    }
    const result = await runCheck({ kind: "docker", target }, lookNow(context, { targets }));
    if (!result.ok) problems.push(result.reason);
  }
  return problems;
}

export async function checkProblems(
  { preflight, targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  const look = lookNow(context, { targets });
  const results = await Promise.all(preflight.checks.map((check) => runCheck(check, look)));
  return results.flatMap((result) => (result.ok ? [] : [result.reason]));
}
