// How a step of one verb becomes operations. Pure: all that it may know of the world is in the observation. One
// file for each verb (or for a few that belong together), found in verbs.ts.

import type { ContainerInspect, ImageInspect } from "../../docker/engine.ts";
import type { Observation, TargetObservation } from "../observe/observation.ts";
import type { ContainerRef, Effect, TargetRefs } from "../operations/operation.ts";
import type { Plan, StepOf, VerbName } from "../plan/plan.ts";
import type { Target } from "../plan/target.ts";
import type { ProgramStep } from "../program.ts";

/** @throws {PlanProblem} when what is there does not let the step be done; nothing has been touched. */
export type PlanVerb<Verb extends VerbName> = (step: StepOf<Verb>, context: PlanContext) => VerbPlan;
export type PlanVerbs = { [Verb in VerbName]: PlanVerb<Verb> };

export interface VerbPlan {
  title: string;
  /** In order. */
  operations: PlannedOperation[];
  branches?: ProgramStep[];
  loses?: string;
  /** What is the way back past the point of no return beside the step's own `undo`: `down` of `migrate`. */
  undo?: PlannedOperation[];
}

/**
 * An effect, and the name that becomes part of its id: `as: "stop-old"` in the step `replace-app` is the operation
 * `replace-app.stop-old`, which is what `operationId("stop-old")` says. (Not `name`, which many effects have.)
 */
export type PlannedOperation = Effect & { as: string; cause: string };

export interface PlanContext {
  plan: Plan;
  run: string;
  observation: Observation;
  /** What the step calls it: parts of operation ids. */
  operationId(name: string): string;
  target(name: string): Target;
  observed(name: string): TargetObservation;
  /** Containers that a target stands for at this point of the program; a replacement changes it. */
  containersOf(target: string): ContainerRef[];
  /** Of one that was there when the run began. */
  inspectOf(ref: ContainerRef): ContainerInspect | undefined;
  imageOf(refOrId: string): ImageInspect | undefined;
  /** From now on `target` means `now` where it meant `before`. */
  replaceContainer(target: string, before: ContainerRef, now: ContainerRef): void;
  /** The images of targets at this point: what `pull` brought, else what runs. */
  refs(): TargetRefs;
  /** Plans steps inside another (`parallel`, `undo`). */
  planSteps(steps: Plan["steps"]): ProgramStep[];
}
