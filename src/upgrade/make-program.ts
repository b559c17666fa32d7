// From a plan and what is there to everything that the run will do. Pure: the same plan and the same observation
// make the same program, and nothing is looked up on the way.

import type { ContainerInspect, ImageInspect } from "../docker/engine.ts";
import { CurrentTargets } from "./current-targets.ts";
import type { Observation, TargetObservation } from "./observe/observation.ts";
import type { ContainerRef, Operation } from "./operations/operation.ts";
import { PlanProblem } from "./plan/plan-problem.ts";
import type { Condition, Plan, Step, VerbName } from "./plan/plan.ts";
import type { Target } from "./plan/target.ts";
import type { Program, ProgramStep } from "./program.ts";
import type { PlanContext, PlannedOperation, PlanVerb, PlanVerbs, VerbPlan } from "./verbs/verb.ts";

/** @throws {PlanProblem} when what is there does not let a step be done. */
export function makeProgram(plan: Plan, observation: Observation, verbs: PlanVerbs, run: string): Program {
  const maker = new ProgramMaker(plan, observation, verbs, run);
  const targets = maker.targets.refs();
  const steps = maker.steps(plan.steps);
  refuseDoubledIds(steps);
  return {
    plan: plan.name,
    service: observation.service.name,
    steps,
    readSchema: plan.schema && {
      kind: "read-schema",
      id: "schema.read",
      step: "schema",
      cause: "tells whether the data have been changed for the new version",
      probe: plan.schema,
      targets,
    },
    targets,
  };
}

class ProgramMaker {
  readonly plan: Plan;
  readonly observation: Observation;
  readonly run: string;
  readonly targets: CurrentTargets;
  readonly #verbs: PlanVerbs;

  constructor(plan: Plan, observation: Observation, verbs: PlanVerbs, run: string) {
    this.plan = plan;
    this.observation = observation;
    this.run = run;
    this.targets = new CurrentTargets(plan, observation);
    this.#verbs = verbs;
  }

  steps(steps: readonly Step[]): ProgramStep[] {
    return steps.map((step) => (isNever(step.when) ? leftOut(step) : this.#step(step)));
  }

  /** The operations of the way back of a step, which has its id: only the step is undone, not its way back. */
  undo(step: Step): Operation[] | null {
    const undone = step.undo?.filter(({ when }) => !isNever(when));
    return (
      undone?.flatMap((inner, index) => {
        const prefix = `${step.id}.undo${index === 0 ? "" : `-${index + 1}`}`;
        const { operations, branches = [] } = this.#plan(inner, prefix);
        return [...named(operations, prefix, step.id), ...allOperations(branches)];
      }) ?? null
    );
  }

  #step(step: Step): ProgramStep {
    // Before the step is planned: what it makes will be stopped when its way back is taken.
    const undo = this.targets.apart(() => this.undo(step));
    const { title, operations, branches = [], loses, undo: down } = this.#plan(step, step.id);
    return {
      ...common(step),
      title,
      operations: named(operations, step.id, step.id),
      branches,
      undo:
        undo === null && down === undefined
          ? null
          : [...named(down ?? [], step.id, step.id), ...(undo ?? [])],
      loses: loses ?? null,
    };
  }

  #plan(step: Step, prefix: string): VerbPlan {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the step is of the verb that the table is asked for
    const planVerb = this.#verbs[step.verb] as PlanVerb<VerbName>;
    try {
      return planVerb(step, contextOf(this, prefix));
    } catch (error) {
      if (!(error instanceof PlanProblem)) throw error;
      throw new PlanProblem(
        error.problems.map(({ place, text }) => ({ place: place ?? `step ${step.id}`, text })),
        { cause: error },
      );
    }
  }
}

function contextOf(maker: ProgramMaker, prefix: string): PlanContext {
  const { plan, run, observation, targets } = maker;
  return {
    plan,
    run,
    observation,
    operationId: (name) => `${prefix}.${name}`,
    target: (name) => targetOf(plan, name),
    observed: (name) => observedOf(observation, name),
    containersOf: (name) => targets.containersOf(name),
    inspectOf: (ref) => inspectOf(observation, ref),
    imageOf: (ref) => imageOf(observation, ref),
    replaceContainer: (_, before, now) => targets.replace(before, now),
    refs: () => targets.refs(),
    planSteps: (steps) => maker.steps(steps),
  };
}

function targetOf(plan: Plan, name: string): Target {
  const target = Object.hasOwn(plan.targets, name) ? plan.targets[name] : undefined;
  if (!target) throw new Error(`the plan ${plan.name} has no target ${name}`);
  return target;
}

function observedOf({ targets }: Observation, name: string): TargetObservation {
  const observed = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!observed) throw new Error(`the target ${name} was not observed`);
  return observed;
}

function inspectOf({ targets }: Observation, ref: ContainerRef): ContainerInspect | undefined {
  if (!("id" in ref)) return undefined;
  const observed = Object.values(targets).flatMap((target) => {
    return target.kind === "containers" ? target.containers : [];
  });
  return observed.find(({ Id }) => Id === ref.id);
}

function imageOf({ images }: Observation, ref: string): ImageInspect | undefined {
  return Object.hasOwn(images, ref) ? images[ref] : undefined;
}

function common(
  step: Step,
): Pick<ProgramStep, "id" | "verb" | "when" | "timeoutMs" | "retry" | "onFailure" | "pointOfNoReturn"> {
  const { id, verb, when, retry, onFailure, pointOfNoReturn } = step;
  // The check of `healthy` ends by itself, and then says what was wrong; a timeout over it could only cut that off.
  const timeoutMs = verb === "healthy" ? null : step.timeoutMs;
  return { id, verb, when, timeoutMs, retry, onFailure, pointOfNoReturn };
}

/** What it would do is not planned: it may not even be possible. */
function leftOut(step: Step): ProgramStep {
  return { ...common(step), title: step.verb, operations: [], branches: [], undo: null, loses: null };
}

function isNever(condition: Condition | null): boolean {
  return condition !== null && valueOf(condition) === false;
}

function valueOf(condition: Condition): boolean | undefined {
  switch (condition.kind) {
    case "known":
      return condition.holds;
    case "not": {
      const inner = valueOf(condition.of);
      return inner === undefined ? undefined : !inner;
    }
    case "fact":
      return undefined;
  }
}

function named(operations: readonly PlannedOperation[], prefix: string, step: string): Operation[] {
  return operations.map(({ as, ...operation }) => ({ ...operation, id: `${prefix}.${as}`, step }));
}

/** Ids are how the journal tells operations apart. */
function refuseDoubledIds(steps: readonly ProgramStep[]): void {
  const seen = new Set<string>();
  for (const { id } of allOperations(steps)) {
    if (seen.has(id)) throw new Error(`two operations of the program are called ${id}`);
    seen.add(id);
  }
}

/** Those of branches and of ways back too. */
export function allOperations(steps: readonly ProgramStep[]): Operation[] {
  return steps.flatMap(({ operations, branches, undo }) => {
    return [...operations, ...allOperations(branches), ...(undo ?? [])];
  });
}
