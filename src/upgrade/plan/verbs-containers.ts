// How the verbs for images, containers, processes and Swarm services are written.

import { z } from "zod";
import { section } from "../../config/section.ts";
import { choice, duration, list, text } from "../../config/values.ts";
import { flag, command, image, name, names, pairs, path, rate, wholeNumber } from "./plan-values.ts";
import type { ServiceUpdate } from "./plan.ts";
import type { VerbForms } from "./verb-forms.ts";

const TARGET = "the name of a target";
const someTargets = {
  target: z.exactOptional(names(TARGET)).describe("A target, or a list of them."),
  targets: z.exactOptional(names(TARGET)).describe("The same; in this order."),
};

interface SomeTargets {
  target?: string[];
  targets?: string[];
}

const pull = z.union(
  [
    image().transform((ref) => ({ image: ref, digest: null, platform: null })),
    section({
      image: image().describe("The image."),
      digest: text("expected a digest such as sha256:…", /^sha256:[0-9a-f]{64}$/)
        .nullable()
        .prefault(null)
        .describe("What it must be."),
      platform: text("expected a platform such as linux/amd64", /^[\w./-]+$/)
        .nullable()
        .prefault(null)
        .describe("Null: the engine's own."),
    }),
  ],
  { error: "expected an image, or { image, digest, platform }" },
);

const load = section({
  file: path("the path of a tar file").describe("As `docker save` writes it; relative to the plan's file."),
  image: image().describe("The image that must be there afterwards."),
});

const stop = z.union(
  [
    names(TARGET).transform((targets) => ({ targets, graceMs: null, signal: null })),
    section({
      ...someTargets,
      grace: duration({ zero: true })
        .nullable()
        .prefault(null)
        .describe("Before it is killed; null: as the container says, else 10s."),
      signal: text("expected a signal such as SIGTERM", /^SIG[A-Z0-9+]+$/)
        .nullable()
        .prefault(null)
        .describe("Null: as the container says."),
    }).transform(({ grace, signal, ...some }, context) => {
      return { targets: targetsOf(some, context), graceMs: grace, signal };
    }),
  ],
  { error: "expected a target, a list of them, or { targets, grace, signal }" },
);

function targetsOnly() {
  return z.union(
    [
      names(TARGET).transform((targets) => ({ targets })),
      section(someTargets).transform((some, context) => ({ targets: targetsOf(some, context) })),
    ],
    { error: "expected a target, a list of them, or { targets }" },
  );
}

const replaceMapping = section({
  target: name(TARGET).describe("The target."),
  image: image()
    .nullable()
    .prefault(null)
    .describe("Null: the image that it has, or a process as the plan describes it."),
  mode: choice(["in-place", "beside"])
    .prefault("in-place")
    .describe("`in-place` takes over name, address and ports; `beside` runs next to the old one."),
  name: name("a container's name").nullable().prefault(null).describe("Of `beside`; null: `<name>-<run>`."),
  env: pairs("environment variables").prefault({}).describe("Over those of the old container."),
  labels: pairs("labels").prefault({}).describe("Over those of the old container."),
  command: command().nullable().prefault(null).describe("Null: as the old one has it."),
  carryFiles: list(text("expected an absolute path", /^\//))
    .prefault([])
    .describe("Paths in the old container's own files that the new one gets."),
  grace: duration({ zero: true })
    .nullable()
    .prefault(null)
    .describe("Before the old one is killed; null: as it says itself."),
  assumeAllExplicit: flag()
    .prefault(false)
    .describe("Take over what the old image also said, for when that image is gone."),
}).transform(({ grace, ...rest }) => ({ replace: { ...rest, graceMs: grace } }));

const replace = z.union(
  [name(TARGET).transform((target) => replaceMapping.parse({ target })), replaceMapping],
  { error: "expected a target, or { target, image, mode, … }" },
);

const retireMapping = section({
  target: name(TARGET).describe("The target."),
  keep: wholeNumber(0).prefault(1).describe("How many old containers stay, stopped, for a way back by hand."),
});

const retire = z.union([name(TARGET).transform((target) => ({ target, keep: 1 })), retireMapping], {
  error: "expected a target, or { target, keep }",
});

const update = section({
  ...someTargets,
  image: image().describe("The new image."),
  env: pairs("environment variables").prefault({}).describe("Over those of the service."),
  parallelism: wholeNumber(0)
    .nullable()
    .prefault(null)
    .describe("Tasks at once; null: as the service has it."),
  delay: duration({ zero: true })
    .nullable()
    .prefault(null)
    .describe("Between them; null: as the service has it."),
  order: choice(["start-first", "stop-first"])
    .nullable()
    .prefault(null)
    .describe("Null: as the service has it."),
  failureAction: choice(["rollback", "pause", "continue"])
    .nullable()
    .prefault(null)
    .describe("What the engine does by itself; null: as the service has it."),
  monitor: duration({ zero: true })
    .nullable()
    .prefault(null)
    .describe("How long a task is watched; null: as the service has it."),
  maxFailureRatio: rate().nullable().prefault(null).describe("Null: as the service has it."),
  timeout: duration().prefault("10m").describe("How long it may take until all tasks are new."),
}).transform(({ target, targets, delay, monitor, timeout, ...rest }, context): { update: ServiceUpdate } => ({
  update: {
    targets: targetsOf(someOf(target, targets), context),
    ...rest,
    delayMs: delay,
    monitorMs: monitor,
    convergeMs: timeout,
  },
}));

const scale = section({
  target: name(TARGET).describe("The service."),
  replicas: wholeNumber(0).describe("How many tasks."),
});

export const containerForms = {
  pull: pull.describe("Fetches an image: its name, or a mapping."),
  load: load.describe("Loads an image from a file."),
  stop: stop.describe("Stops: a target, a list, or a mapping."),
  start: targetsOnly().describe("Starts: a target or a list."),
  pause: targetsOnly().describe("Freezes containers: a target or a list."),
  unpause: targetsOnly().describe("Lets them go on: a target or a list."),
  replace: replace.describe("A new container (or process) in the place of the old: a target, or a mapping."),
  retire: retire.describe("Removes old containers: a target, or a mapping."),
  update: update.describe("Updates Swarm services."),
  scale: scale.describe("Changes how many tasks a Swarm service has."),
} satisfies Partial<VerbForms>;

function someOf(target: string[] | undefined, targets: string[] | undefined): SomeTargets {
  return { ...(target && { target }), ...(targets && { targets }) };
}

type Context = z.core.$RefinementCtx;

function targetsOf({ target, targets }: SomeTargets, context: Context): string[] {
  if ((target === undefined) === (targets === undefined)) {
    const message = "found neither or both of target and targets, expected one of them";
    context.issues.push({ code: "custom", message, input: {}, params: { complete: true } });
  }
  return target ?? targets ?? [];
}
