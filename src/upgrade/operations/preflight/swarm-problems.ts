// A Swarm that can be changed: we speak with a manager, its nodes are ready, and nothing is on the move already.

import type { EngineInfo, NodeInspect } from "../../../docker/engine.ts";
import { checkTasks } from "../../checks/docker-check.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";

const ON_THE_MOVE = new Set(["updating", "paused", "rollback_started", "rollback_paused"]);

export async function swarmProblems(
  { preflight, targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  if (!preflight.swarm) return [];
  const { engine, signal } = context;
  const problem = managerProblem(await engine.info(signal));
  if (problem !== null) return [problem];
  const problems = nodeProblems(await engine.services.nodes(signal));
  for (const ref of Object.values(targets)) {
    if (ref.kind === "swarm") problems.push(...(await serviceProblems(ref, context)));
  }
  return problems;
}

function managerProblem({ name, swarm }: EngineInfo): string | null {
  if (swarm.state !== "active") return `the engine ${name} is in no swarm (its state is ${swarm.state})`;
  return swarm.isManager ? null : `the engine ${name} is no manager of its swarm`;
}

/** A node that was drained on purpose is none of our business. */
function nodeProblems(nodes: readonly NodeInspect[]): string[] {
  return nodes
    .filter(({ availability, state }) => availability === "active" && state !== "ready")
    .map(({ hostname, state }) => `the node ${hostname} is ${state}`);
}

async function serviceProblems(
  { service, name }: { service: string; name: string },
  { engine, signal }: PerformContext,
): Promise<string[]> {
  const found = await engine.services.inspect(service, signal);
  if (!found) return [`there is no service ${name}`];
  const { UpdateStatus } = found;
  if (UpdateStatus && ON_THE_MOVE.has(UpdateStatus.State)) {
    return [`the service ${name} is ${UpdateStatus.State}: ${UpdateStatus.Message ?? "no reason is given"}`];
  }
  const tasks = checkTasks(name, await engine.services.tasks(service, signal));
  return tasks.ok || found.Spec.Mode.Replicated?.Replicas === 0 ? [] : [tasks.reason];
}
