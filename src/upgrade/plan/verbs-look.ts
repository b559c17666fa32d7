// How the verbs that look, wait and ask are written.

import { z } from "zod";
import { section } from "../../config/section.ts";
import { byteSize, choice, duration, list, text } from "../../config/values.ts";
import {
  CHECK_KINDS,
  checkFields,
  checkKinds,
  checkSchema,
  fitting,
  toCheck,
  type WrittenCheck,
} from "./check-schema.ts";
import type { Check } from "./check.ts";
import { exactlyOne } from "./exactly-one.ts";
import { optionalKeys } from "./optional-keys.ts";
import { flag, image, name, names, oneOrMore, path, rate, wholeNumber, words } from "./plan-values.ts";
import type { VerbForms } from "./verb-forms.ts";

const inlineCheck = { ...optionalKeys(checkKinds), ...checkFields };
const all = list(checkSchema).min(1, { error: "expected at least one check" });
const checkNouns = { noun: "check", keys: [...CHECK_KINDS, "all"] };

const preflight = section({
  engine: text("expected a version such as 20.10", /^\d+(?:\.\d+)*$/)
    .nullable()
    .prefault(null)
    .describe("The oldest version of the engine."),
  diskFree: z
    .union(
      [
        byteSize().transform((bytes) => ({ path: null, bytes })),
        section({
          path: path("a path").nullable().prefault(null).describe("Null: where the engine keeps its images."),
          bytes: byteSize().describe("How much."),
        }),
      ],
      { error: "expected a size such as 2GiB, or { path, bytes }" },
    )
    .nullable()
    .prefault(null)
    .describe("Free space: where the engine keeps its images, or `{ path, bytes }` on the runner's machine."),
  noDrift: names("the name of a target", 0)
    .prefault([])
    .describe("Targets whose files must be as in their image, but for what `carryFiles` names."),
  images: oneOrMore(image(), "expected an image, or a list of them", 0)
    .prefault([])
    .describe("Images that must be here or in their registry."),
  commandExists: oneOrMore(
    section({
      target: name("the name of a target").describe("The container."),
      command: words("expected the name of a program").describe("The program."),
    }),
    "expected { target, command }, or a list of them",
    0,
  )
    .prefault([])
    .describe("Programs that must be in a container: `{ target, command }`."),
  healthy: names("the name of a target", 0)
    .prefault([])
    .describe("Targets that must run, and be healthy where they have a health check."),
  swarm: flag().prefault(false).describe("A manager, ready nodes and settled services."),
  checks: list(checkSchema).prefault([]).describe("Checks that must be good."),
}).transform((written) => ({ preflight: written }));

const healthyFields = {
  ...checkFields,
  for: duration({ zero: true }).prefault("0s").describe("How long all must be good without a break."),
  timeout: duration().exactOptional().describe("How long that may take; `60s`, or the step's `timeout`."),
  // Users wait meanwhile: this is what an upgrade in place takes beyond the engine and the boot of the app.
  interval: duration().prefault("200ms").describe("Between two looks."),
};

const healthy = fitting(
  exactlyOne(
    section({
      ...inlineCheck,
      all: z.exactOptional(all).describe("Several checks in place of one."),
      ...healthyFields,
    }),
    { ...checkNouns, beside: Object.keys(healthyFields) },
  ),
).transform((written) => ({
  checks: checksOf(written),
  target: written.target,
  forMs: written.for,
  // 0: not given, so that the step's own may count.
  timeoutMs: written.timeout ?? 0,
  intervalMs: written.interval,
}));

const check = fitting(
  exactlyOne(
    section({
      ...inlineCheck,
      all: z.exactOptional(all).describe("Several checks in place of one."),
      ...checkFields,
    }),
    { ...checkNouns, beside: Object.keys(checkFields) },
  ),
).transform((written) => ({ checks: checksOf(written), target: written.target }));

const observe = section({
  for: duration().describe("How long."),
  interval: duration().prefault("5s").describe("Between two looks."),
  maxErrorRate: rate()
    .nullable()
    .prefault(null)
    .describe("The largest share of answers that are 5xx or failed: `1%` or `0.01`."),
  minRequests: wholeNumber(1).prefault(20).describe("Fewer answers than this say nothing about a rate."),
  maxRestarts: wholeNumber(0).nullable().prefault(null).describe("How often containers may restart."),
  targets: names("the name of a target")
    .nullable()
    .prefault(null)
    .describe("Whose restarts count; null: all that the plan replaces, starts or updates."),
  checks: list(checkSchema).prefault([]).describe("Checks that must be good all the time."),
}).transform(({ for: forMs, interval: intervalMs, ...rest }) => ({
  observe: { ...rest, forMs, intervalMs },
}));

const confirmMapping = section({
  prompt: words("expected a question").describe("The question."),
  timeout: duration().nullable().prefault(null).describe("How long it waits for an answer; null: for ever."),
  otherwise: choice(["continue", "rollback", "pause"])
    .prefault("pause")
    .describe("What follows when nobody has answered by then."),
}).transform(({ timeout, ...rest }) => ({ ...rest, waitMs: timeout }));

const confirm = z.union(
  [
    words("expected a question").transform((prompt) => ({
      prompt,
      waitMs: null,
      otherwise: "pause" as const,
    })),
    confirmMapping,
  ],
  { error: "expected a question, or { prompt, timeout, otherwise }" },
);

const wait = z.union(
  [
    duration().transform((forMs) => ({ forMs })),
    section({ for: duration().describe("How long.") }).transform((written) => ({ forMs: written.for })),
  ],
  { error: "expected a duration such as 30s" },
);

export const lookForms = {
  preflight: preflight.describe("Refuses to begin unless all is as it must be."),
  healthy: healthy.describe("Waits until a check (or `all` of several) is good, and stays so."),
  check: check.describe("Looks once: a check, or `all` of several."),
  observe: observe.describe("Watches the new version for a while."),
  confirm: confirm.describe("Asks the operator: a question, or a mapping."),
  wait: wait.describe("Waits: a duration."),
} satisfies Partial<VerbForms>;

function checksOf({ all: several, ...one }: WrittenCheck & { all?: Check[] }): Check[] {
  return several ?? [toCheck(one)];
}
