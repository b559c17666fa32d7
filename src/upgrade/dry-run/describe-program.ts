// What a run would do and what it would change, as data: for `--dry-run`, which prints it, and for the console.

import type { Observation } from "../observe/observation.ts";
import type { Operation } from "../operations/operation.ts";
import type { PointOfNoReturn } from "../plan/plan.ts";
import type { Program, ProgramStep } from "../program.ts";
import { describeCondition } from "../run/facts.ts";
import { describeCall } from "./describe-call.ts";
import { type Change, describeChanges, describeDrift } from "./describe-changes.ts";
import { downtimes, type Noticed } from "./downtime.ts";
import type { FoundImage } from "./look-up-images.ts";

export interface DryRun {
  plan: string;
  service: string;
  steps: DescribedStep[];
  images: FoundImage[];
  /** What Docker Compose will make of the new containers. */
  drift: string[];
}

export interface DescribedStep {
  id: string;
  title: string;
  /** Null: always; else when it is done. */
  when: string | null;
  noticed: Noticed;
  calls: DescribedCall[];
  branches: DescribedStep[];
  changes: Change[];
  pointOfNoReturn: PointOfNoReturn["when"] | null;
  /** The declared way back; null: what was done is reversed. */
  wayBack: DescribedCall[] | null;
  /** What a rollback of it loses. */
  loses: string | null;
}

export interface DescribedCall {
  operation: string;
  call: string;
  cause: string;
}

export function describeProgram(
  program: Program,
  observation: Observation,
  extras: { images: readonly FoundImage[] },
): DryRun {
  const { plan, service } = program;
  return {
    plan,
    service,
    steps: describeSteps(program.steps, observation, observation.service.mode.name),
    images: [...extras.images],
    drift: program.steps.flatMap((step) => describeDrift(withBranches(step), observation)),
  };
}

function describeSteps(
  steps: readonly ProgramStep[],
  observation: Observation,
  mode: Parameters<typeof downtimes>[1],
): DescribedStep[] {
  const noticed = downtimes(steps, mode);
  return steps.map((step, index) => ({
    id: step.id,
    title: step.title,
    when: step.when && describeCondition(step.when),
    noticed: noticed[index] ?? { downtime: "none", closesTunnels: false },
    calls: step.operations.map(described),
    branches: describeSteps(step.branches, observation, mode),
    changes: describeChanges(step.operations, observation),
    pointOfNoReturn: step.pointOfNoReturn?.when ?? null,
    wayBack: step.undo?.map(described) ?? null,
    loses: step.loses,
  }));
}

function described(operation: Operation): DescribedCall {
  return { operation: operation.id, call: describeCall(operation), cause: operation.cause };
}

function withBranches(step: ProgramStep): Operation[] {
  return [...step.operations, ...step.branches.flatMap(withBranches)];
}
