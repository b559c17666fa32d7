// A step: one verb, and beside it what every step may have.

import { z } from "zod";
import { section } from "../../config/section.ts";
import { choice, duration, list, parsedBy, text } from "../../config/values.ts";
import { parseCondition } from "./condition.ts";
import { exactlyOne, kindOf } from "./exactly-one.ts";
import { optionalKeys } from "./optional-keys.ts";
import { flag, wholeNumber } from "./plan-values.ts";
import type { PointOfNoReturn, Step, StepCommon, VerbName } from "./plan.ts";
import { containerForms } from "./verbs-containers.ts";
import { gatewayForms } from "./verbs-gateway.ts";
import { lookForms } from "./verbs-look.ts";
import { workForms } from "./verbs-work.ts";

/** Without an `id` the step has an empty one, until name-steps.ts has seen them all. */
const anySteps: z.ZodType<Step[]> = list(z.lazy(() => stepSchema));
const steps = anySteps.refine((several) => several.length > 0, { error: "expected at least one step" });

export const verbForms = {
  ...lookForms,
  ...gatewayForms,
  ...containerForms,
  ...workForms,
  parallel: steps
    .transform((several) => ({ steps: several }))
    .describe("Steps that are done side by side: a list."),
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys gives strings; these are the table's own
export const VERBS = Object.keys(verbForms) as VerbName[];

const retry = z.union(
  [
    wholeNumber(1).transform((attempts) => ({ attempts, backoffMs: 2000 })),
    section({
      attempts: wholeNumber(1).describe("The same."),
      backoff: duration({ zero: true }).prefault("2s").describe("Between two tries."),
    }).transform(({ attempts, backoff }) => ({ attempts, backoffMs: backoff })),
  ],
  { error: "expected a number of attempts, or { attempts, backoff }" },
);

const pointOfNoReturn = z.union(
  [
    flag().transform((on): PointOfNoReturn | null => (on ? { when: "always" } : null)),
    section({ when: choice(["always", "migrated"]).describe("`migrated`: only if the schema has changed.") }),
  ],
  { error: "expected true, false or { when: migrated }" },
);

const commonKeys = {
  id: z
    .exactOptional(text("expected a name of a-z, 0-9 and -, at most 40 long", /^[a-z0-9][a-z0-9-]{0,39}$/))
    .describe("Unique in the plan; left out: made from the verb and its target, such as `replace-app`."),
  when: parsedBy(
    z.union([z.string(), z.boolean()], { error: "expected a condition such as migrated" }).transform(String),
    parseCondition,
  )
    .nullable()
    .prefault(null)
    .describe(
      "Whether it is done: `migrated`, `pending`, `${a} == b`, `${a} != b`, or `not` before one of them.",
    ),
  timeout: duration()
    .nullable()
    .prefault(null)
    .describe("Of the step as a whole; null: none but the verb's own."),
  retry: retry.prefault(1).describe("How often it is tried in all; or `{ attempts, backoff: 2s }`."),
  onFailure: choice(["rollback", "pause", "continue"])
    .prefault("rollback")
    .describe("What follows its failure."),
  undo: anySteps
    .nullable()
    .prefault(null)
    .describe("Steps that undo it, also past the point of no return; null: what was done is reversed."),
  pointOfNoReturn: z
    .exactOptional(pointOfNoReturn)
    .describe("From here on the old version must not run any more: `true`, or `{ when: migrated }`."),
};

export const COMMON_KEYS = Object.keys(commonKeys);

export const stepSchema: z.ZodType<Step> = exactlyOne(
  section({ ...commonKeys, ...optionalKeys(verbForms) }),
  { noun: "verb", keys: VERBS, beside: COMMON_KEYS },
)
  .transform((written): Step => {
    const verb = kindOf(written, VERBS);
    const common: StepCommon = {
      id: written.id ?? "",
      when: written.when,
      timeoutMs: written.timeout,
      retry: written.retry,
      onFailure: written.onFailure,
      undo: written.undo,
      pointOfNoReturn: pointOf(written),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form of a verb yields its fields: VerbForms
    return withTimeout({ ...common, verb, ...written[verb] } as Step, written.timeout);
  })
  .meta({ id: "Step" });

interface WithPoint {
  pointOfNoReturn?: PointOfNoReturn | null;
  migrate?: { kind: "breaking" | "expand" };
}

/** A migration that breaks the old version is one by itself; `expand` is the promise that it is none. */
function pointOf({ pointOfNoReturn: given, migrate }: WithPoint): PointOfNoReturn | null {
  if (given !== undefined) return given;
  return migrate?.kind === "breaking" ? { when: "always" } : null;
}

const HEALTHY_TIMEOUT_MS = 60_000;

/** `healthy` has a timeout of its own, which may be written beside it as well. */
function withTimeout(step: Step, timeoutMs: number | null): Step {
  if (step.verb !== "healthy") return step;
  return { ...step, timeoutMs: step.timeoutMs || (timeoutMs ?? HEALTHY_TIMEOUT_MS) };
}
