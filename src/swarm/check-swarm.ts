// Whether a Swarm is fit for an upgrade: what is wrong, in words; nothing when it is fit.

import type { Engine, NodeInspect, ServiceInspect } from "../docker/engine.ts";
import { judgeTasks } from "./judge-tasks.ts";

/** @param services names or ids of those that count; null: all. */
export async function checkSwarm(
  engine: Engine,
  services: readonly string[] | null = null,
  signal?: AbortSignal,
): Promise<string[]> {
  const { swarm, name } = await engine.info(signal);
  if (swarm.state !== "active") return [`the engine ${name} is in no swarm (${swarm.state})`];
  if (!swarm.isManager) return [`the engine ${name} is no manager of its swarm; ask one that is`];
  const nodes = await engine.services.nodes(signal);
  const problems = nodes.map(nodeProblem).filter((problem) => problem !== null);
  const all = await engine.services.list({}, signal);
  const named = services?.map((wanted) => all.find(({ ID, Spec }) => ID === wanted || Spec.Name === wanted));
  const missing = services?.filter((_, index) => named?.[index] === undefined) ?? [];
  problems.push(...missing.map((wanted) => `there is no service ${wanted}`));
  for (const service of named ?? all) {
    const problem = service && (await serviceProblem(engine, service, signal));
    if (problem) problems.push(problem);
  }
  return problems;
}

function nodeProblem({ hostname, state, availability }: NodeInspect): string | null {
  // One that is drained or paused is so on purpose.
  if (availability !== "active" || state === "ready") return null;
  return `the node ${hostname} is ${state}`;
}

async function serviceProblem(
  engine: Engine,
  service: ServiceInspect,
  signal?: AbortSignal,
): Promise<string | null> {
  const { Spec, UpdateStatus } = service;
  const { Name, Mode } = Spec;
  // A job that has ended has no task that runs, and is none that an upgrade waits for.
  if (Mode.ReplicatedJob !== undefined || Mode.GlobalJob !== undefined) return null;
  const judged = judgeTasks(service, await engine.services.tasks(service.ID, signal), { image: null });
  switch (judged.kind) {
    case "converged":
      return null;
    case "watched":
      return `the service ${Name} is being updated`;
    case "moving": {
      const { running, wanted, hindrance } = judged;
      const why = hindrance === null ? "" : `: ${hindrance}`;
      // Those that an update has not come to yet run too.
      if (UpdateStatus?.State === "updating")
        return `the service ${Name} is being updated, ${running} of ${wanted} tasks so far${why}`;
      return `the service ${Name} has ${running} of ${wanted} tasks running${why}`;
    }
    case "rolled-back":
    case "paused":
    case "superseded":
    case "stuck":
      return `the service ${Name} is ${judged.kind}: ${judged.message}`;
  }
}
