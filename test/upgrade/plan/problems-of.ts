import { PlanProblem } from "../../../src/upgrade/plan/plan-problem.ts";
import { checkPlan } from "../../../src/upgrade/plan/read-plan.ts";

/** The lines with which `up.yaml` is refused, without the name of the file. */
export function problemsOf(text: string, vars: Record<string, string> = {}): string[] {
  try {
    checkPlan(text, "up.yaml", vars);
  } catch (error) {
    if (error instanceof PlanProblem)
      return error.message.split("\n").map((line) => line.replace("up.yaml:", ""));
    throw error;
  }
  throw new Error("the plan was accepted");
}
