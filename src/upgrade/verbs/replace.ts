// Puts new containers in the place of old ones, or beside them; or starts a process anew, as the plan describes it.
//
//   in place: tag the old image ▸ create new ▸ connect ▸ carry files        nothing has stopped yet
//             ▸ old does not restart ▸ stop old ▸ rename old ▸ rename new ▸ start new
//   beside:   tag the old image ▸ create new ▸ connect ▸ carry files ▸ start new
//
// All new containers are made before the first old one is stopped, so that a wrong image or configuration costs
// nothing. Backwards, this order is the way back.

import type { ContainerInspect } from "../../docker/engine.ts";
import { PlanProblem } from "../plan/plan-problem.ts";
import type { StepOf } from "../plan/plan.ts";
import { refuseSecretArguments } from "./arguments.ts";
import { baseName } from "./base-name.ts";
import { processBefore } from "./plan-position.ts";
import { type Replacement, putInPlace, putBeside, prepare } from "./replace-container.ts";
import { reasonsNotToReplace, refuse } from "./touchable.ts";
import type { PlanContext, PlannedOperation, PlanVerb, VerbPlan } from "./verb.ts";
import { rollbackTag } from "../rollback-tag.ts";

type ReplaceStep = StepOf<"replace">;

export const planReplace: PlanVerb<"replace"> = (step, context) => {
  switch (context.target(step.replace.target).kind) {
    case "containers":
      return replaceContainers(step, context);
    case "process":
      return replaceProcess(step, context);
    case "swarm":
      return refused(
        `${step.replace.target} is a Swarm service, which replaces its tasks itself; use "update"`,
      );
  }
};

function replaceContainers(step: ReplaceStep, context: PlanContext): VerbPlan {
  const { target, image, mode } = step.replace;
  const replacements = replacementsOf(step, context);
  const tags = tagImages(target, replacements, context);
  const prepared = replacements.flatMap((each) => prepare(each, context));
  const put = mode === "in-place" ? putInPlace : putBeside;
  const operations = [...tags, ...prepared, ...replacements.flatMap((each) => put(each, context))];
  for (const { ref, made } of replacements) context.replaceContainer(target, ref, made);
  const withWhat = image === null ? "a new container of its image" : image;
  return {
    title: `replace ${target} with ${withWhat}${mode === "beside" ? ", beside the old one" : ""}`,
    operations,
  };
}

function replacementsOf(step: ReplaceStep, context: PlanContext): Replacement[] {
  const { target } = step.replace;
  const refs = context.containersOf(target);
  if (refs.length === 0) return refused(`${target} stands for no container, so there is none to replace`);
  const observed = refs.map((ref) => ({ ref, container: context.inspectOf(ref) }));
  const olds = observed.flatMap(({ ref, container }) => (container === undefined ? [] : { ref, container }));
  if (olds.length < refs.length) return refused(`${target} is replaced already by a step before`);
  refuse(olds.flatMap(({ container }) => reasonsNotToReplace(step, container, context, step.replace)));
  return olds.map(({ ref, container }, index) => {
    const suffix = index === 0 ? "" : `-${index + 1}`;
    const made = {
      madeBy: context.operationId(`create-new${suffix}`),
      name: nameWhenDone(step, container, suffix, context),
    };
    return { step, ref, container, suffix, made, number: index + 1 };
  });
}

function nameWhenDone(
  step: ReplaceStep,
  container: ContainerInspect,
  suffix: string,
  context: PlanContext,
): string {
  const { mode, name } = step.replace;
  if (mode === "in-place") return container.Name.replace(/^\//, "");
  return name === null ? `${baseName(container)}-${context.run}` : `${name}${suffix}`;
}

/** Each image once. One that is gone cannot be kept. */
function tagImages(
  target: string,
  replacements: readonly Replacement[],
  context: PlanContext,
): PlannedOperation[] {
  const images = [...new Set(replacements.map(({ container }) => container.Image))];
  const present = images.filter((image) => context.imageOf(image) !== undefined);
  return present.map((image, index) => ({
    as: index === 0 ? "tag-old" : `tag-old-${index + 1}`,
    kind: "tag-image",
    cause: "the way back needs the old image, also when its name has moved on",
    image,
    tag: rollbackTag(context.run, target, index + 1),
    before: null,
  }));
}

function replaceProcess(step: ReplaceStep, context: PlanContext): VerbPlan {
  const { target: name, mode, env, command, graceMs } = step.replace;
  const process = context.target(name);
  if (process.kind !== "process") return refused(`${name} is no process`);
  if (mode === "beside") {
    return refused(
      `${name} is a process; describe the one beside it as a target of its own and "start" that`,
    );
  }
  const before = processBefore(context, step.id, name);
  refuseSecretArguments(`the process ${name}`, command ?? process.command);
  const after = { ...process, env: { ...process.env, ...env }, command: command ?? process.command };
  return {
    title: `restart the process ${name} as the plan describes it`,
    operations: [
      {
        as: "stop-old",
        kind: "stop-process",
        cause: "the new one needs its port",
        name,
        before,
        graceMs: graceMs ?? before?.graceMs ?? process.graceMs,
      },
      { as: "start-new", kind: "start-process", cause: "the new version takes over", name, process: after },
    ],
  };
}

function refused(text: string): never {
  throw new PlanProblem([{ place: null, text }]);
}
