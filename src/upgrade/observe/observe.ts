// Looks at everything that making a program needs, and changes nothing: engine, gateway and processes are only read.

import { EngineError } from "../../docker/engine-error.ts";
import type { Engine, EngineVersion } from "../../docker/engine.ts";
import { type NeighbourQuestion, readNeighbours } from "../../docker/read-neighbours.ts";
import type { KeyPath } from "../../config/problem.ts";
import type { ProcessHost } from "../../process/process-host.ts";
import type { GatewayDriver } from "../gateway/gateway-driver.ts";
import { PlanProblem } from "../plan/plan-problem.ts";
import type { Plan } from "../plan/plan.ts";
import { needsEngine } from "./needs-engine.ts";
import type { Observation, TargetObservation } from "./observation.ts";
import { observeImages } from "./observe-images.ts";
import { observeTarget } from "./observe-target.ts";

export interface Surroundings {
  plan: Plan;
  /** Null: there is none. */
  engine: Engine | null;
  gateway: Pick<GatewayDriver, "status">;
  processes: Pick<ProcessHost, "find">;
  /** Milliseconds since 1970. */
  at: number;
  /** Of this process and of the gateway, as far as they are known to run in containers: nobody may stop those. */
  keepers?: NeighbourQuestion;
  /** Where a key stands in the plan's file; left out: the key itself. */
  placeOf?: (path: KeyPath) => string;
  signal?: AbortSignal;
}

/** @throws {PlanProblem} when a target is not there, or the plan needs an engine and none answers. */
export async function observe(surroundings: Surroundings): Promise<Observation> {
  const { plan, gateway, at, signal } = surroundings;
  const service = await gateway.status(signal);
  const found = needsEngine(plan) ? await connected(surroundings) : null;
  const targets = await observeTargets(surroundings, found?.engine ?? null);
  const images = found ? await observeImages(found.engine, plan, targets, signal) : {};
  const observation = { at, service, engine: found?.version ?? null, targets, images };
  if (found === null) return observation;
  const keepers = surroundings.keepers ?? { ownId: undefined, gateway: null };
  return { ...observation, neighbours: await readNeighbours(found.engine, keepers, signal) };
}

async function connected({
  engine,
  signal,
}: Surroundings): Promise<{ engine: Engine; version: EngineVersion }> {
  if (engine === null) throw noEngine("none was given");
  try {
    return { engine, version: await engine.version(signal) };
  } catch (error) {
    if (error instanceof EngineError && error.kind === "unreachable") throw noEngine(error.message, error);
    throw error;
  }
}

function noEngine(why: string, cause?: Error): PlanProblem {
  const text = `the plan needs a Docker engine, but none answers (${why}); start it, or name another with DOCKER_HOST`;
  return new PlanProblem([{ place: null, text }], { cause });
}

/** All of them, so that every one that is missing is named at once. */
async function observeTargets(
  { plan, processes, placeOf, signal }: Surroundings,
  engine: Engine | null,
): Promise<Record<string, TargetObservation>> {
  const targets: Record<string, TargetObservation> = {};
  const missing: { place: string; text: string }[] = [];
  for (const [name, target] of Object.entries(plan.targets)) {
    const found = await observeTarget({ name, target, engine, processes, signal });
    if ("missing" in found) {
      missing.push({ place: placeOf?.(["targets", name]) ?? `targets.${name}`, text: found.missing });
    } else {
      targets[name] = found;
    }
  }
  if (missing.length > 0) throw new PlanProblem(missing);
  return targets;
}
