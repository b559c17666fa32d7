// From the text of a plan to the plan, or to one error that names all that is wrong with it.

import type { KeyPath, Problem } from "../../config/problem.ts";
import { schemaProblems } from "../../config/schema-problems.ts";
import { crossCheck } from "./cross-checks.ts";
import { nameSteps } from "./name-steps.ts";
import { PLACEHOLDERS } from "./placeholders.ts";
import { planSchema } from "./plan-schema.ts";
import { PlanSource } from "./plan-source.ts";
import type { Plan, Step } from "./plan.ts";
import { secretProblems } from "./secret-uses.ts";
import { stepSchema } from "./step-schema.ts";
import { substituteData } from "./substitute-data.ts";
import { targetSchema } from "./target-schema.ts";
import type { Target } from "./target.ts";
import { type BuiltIns, resolveVariables } from "./variables.ts";

export interface ReadOptions {
  /** Over the plan's own `vars`. */
  vars?: Readonly<Record<string, string>>;
  builtIns: BuiltIns;
}

/** @throws {PlanProblem} with every problem and its place. */
export function readPlan(text: string, fileName: string, { vars = {}, builtIns }: ReadOptions): Plan {
  const source = new PlanSource(text, fileName);
  if (source.data === undefined)
    throw source.error([]) ?? new Error(`${fileName} is unreadable for no known reason`);
  const written = (path: KeyPath) => source.written(path);
  const declared = isMapping(source.data) ? source.data["vars"] : null;
  const variables = resolveVariables(declared, vars, builtIns, written);
  const { data, problems: unreplaced } = substituteData(source.data, variables.values, written);
  const checked = planSchema.safeParse(data);
  const found = checked.success ? [] : schemaProblems(checked.error.issues, data).map(concealed);
  const secrets = secretProblems(data);
  // What a value is no good for needs not be said of one that is no value.
  const explained = [...unreplaced, ...secrets];
  const error = source.error([
    ...variables.problems,
    ...explained,
    ...found.filter(({ path }) => !explained.some((other) => samePath(path, other.path))),
    ...crossCheck(partsOf(data), data),
  ]);
  if (error || !checked.success) throw error ?? new Error(`${fileName} is refused`, { cause: checked.error });
  return { ...checked.data, steps: nameSteps(checked.data.steps) };
}

/**
 * What can be said without a gateway and an engine: the same, with something in the place of what only they know.
 * @throws {PlanProblem}
 */
export function checkPlan(text: string, fileName: string, vars: Readonly<Record<string, string>> = {}): Plan {
  return readPlan(text, fileName, { vars, builtIns: PLACEHOLDERS });
}

/** Where a key of the plan stands, for problems that show later. */
export function placesIn(text: string, fileName: string): (path: KeyPath) => string {
  const source = new PlanSource(text, fileName);
  return (path) => source.placeOf(path);
}

// Each part that is well-formed on its own, so that what does not fit together is named beside what is
// malformed elsewhere. A step that is malformed stands as one that does nothing, to keep the numbers.
function partsOf(data: unknown): Parameters<typeof crossCheck>[0] {
  const plan = isMapping(data) ? data : {};
  const targets = isMapping(plan["targets"]) ? plan["targets"] : {};
  const steps: unknown[] = Array.isArray(plan["steps"]) ? plan["steps"] : [];
  const named = Object.entries(targets).map(([name, target]): [string, Target | null] => {
    return [name, targetSchema.safeParse(target).data ?? null];
  });
  return {
    targets: Object.fromEntries(named),
    steps: steps.map((step) => stepSchema.safeParse(step).data ?? NOTHING),
    schema:
      planSchema.safeParse({ name: "-", steps: [{ wait: 1 }], schema: plan["schema"] }).data?.schema ?? null,
  };
}

// A password is most likely to be pasted where a plan wants to know from where to take it.
function concealed({ path, text }: Problem): Problem {
  const secret = path[0] === "secrets" || path[0] === "registries";
  return { path, text: secret ? text.replace(/^found "(?:[^"\\]|\\.)*"/, "found a text") : text };
}

const NOTHING: Step = stepSchema.parse({ wait: 1 });

function samePath(one: KeyPath, other: KeyPath): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
