// Services of a Swarm. The spec of before is kept in the vault, whole, before anything is changed: Swarm's own
// "previous" is gone after the next update, and after a rollback of its own.

import type { ServiceSpec } from "../../docker/engine.ts";
import { type Convergence, convergeService } from "../../swarm/converge-service.ts";
import { findService, toJson } from "../../swarm/put-spec.ts";
import { restoreService as restoreSpec } from "../../swarm/restore-service.ts";
import { scaleService as scale } from "../../swarm/scale-service.ts";
import { type UpdateOutcome, updateService as update } from "../../swarm/update-service.ts";
import type { Effects, Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { revealValues } from "./reveal-env.ts";
import { StepFailure } from "./step-failure.ts";

type UpdateService = OperationOf<"update-service">;

/** For the tasks of before to be back. */
const BACK_MS = 300_000;

export const updateService: Handler<"update-service"> = {
  async perform(operation, context) {
    await keepSpec(operation, context);
    const { service, name, change, step, id } = operation;
    const auth = await context.run.registryAuth(change.image);
    const mark = `${context.run.id}/${id}`;
    const labels = context.run.labels(step, "new");
    const revealed = { ...change, env: revealValues(change.env, context) };
    const outcome = await update(context.engine, { service, change: revealed, mark, labels, auth }, context);
    if (outcome.kind === "undone") {
      throw new StepFailure(
        `${name} was given ${change.image}, and it was taken back: it has ${outcome.image} again`,
      );
    }
    return outcomeOf(outcome, mark, context);
  },
  inverse({ service, name, vaultKey }, outcome) {
    if (outcome?.["kind"] === "unchanged") return [];
    return [
      { kind: "restore-service", cause: `${name} had another spec before`, service, name, vaultKey },
      awaitBack(service, name),
    ];
  },
};

export const awaitConvergence: Handler<"await-convergence"> = {
  async perform({ service, name, image, waitMs, updatedBy }, context) {
    const mark = updatedBy === undefined ? null : (context.outcomeOf(updatedBy)?.["mark"] ?? null);
    const wanted = { service, image, waitMs, mark: typeof mark === "string" ? mark : null };
    const onProgress = ({
      running,
      wanted: all,
      text,
    }: {
      running: number;
      wanted: number;
      text: string;
    }): void => context.progress(all === 0 ? { text } : { percent: Math.floor((100 * running) / all), text });
    const found = await convergeService(context.engine, { ...wanted, onProgress }, context);
    if (found.kind !== "converged") throw new StepFailure(`${name} ${wordsFor(found)}`);
    if (found.note !== null) context.log(`${name}: ${found.note}`);
    return { running: found.running };
  },
  inverse: () => [],
};

export const restoreService: Handler<"restore-service"> = {
  async perform({ service, vaultKey }, context) {
    const kept = await context.vault.get(vaultKey);
    // Not kept, it was not changed: keeping comes first.
    if (kept === undefined) return { changed: false };
    const spec: ServiceSpec = JSON.parse(JSON.stringify(kept));
    const auth = await context.run.registryAuth(spec.TaskTemplate.ContainerSpec.Image);
    const { changed } = await restoreSpec(context.engine, { service, spec, auth }, context.signal);
    return { changed };
  },
  inverse: () => [],
};

export const scaleService: Handler<"scale-service"> = {
  async perform({ service, replicas }, context) {
    const { changed } = await scale(context.engine, { service, replicas }, context.signal);
    return { changed };
  },
  inverse({ service, name, replicas, before }) {
    const cause = `${name} had ${before} tasks before`;
    return [
      { kind: "scale-service", cause, service, name, replicas: before, before: replicas },
      awaitBack(service, name),
    ];
  },
};

async function keepSpec({ service, vaultKey }: UpdateService, context: PerformContext): Promise<void> {
  // Kept by an earlier call: by now it may be the new one.
  if ((await context.vault.get(vaultKey)) !== undefined) return;
  const { Spec } = await findService(context.engine, service, context.signal);
  await context.vault.put(vaultKey, toJson(Spec));
}

/** Without the spec of before, which holds secrets. */
function outcomeOf(
  outcome: Exclude<UpdateOutcome, { kind: "undone" }>,
  mark: string,
  { log }: { log: (line: string) => void },
) {
  const { kind, image } = outcome;
  if (outcome.kind === "unchanged") return { kind, image, mark: null };
  if (outcome.kind === "updated" && outcome.unpinned !== null) {
    log(`${image} has no digest, so each node resolves it by itself: ${outcome.unpinned}`);
  }
  return { kind, image, mark };
}

function awaitBack(service: string, name: string): Effects[number] {
  const cause = "what follows needs its tasks of before";
  return { kind: "await-convergence", cause, service, name, image: null, waitMs: BACK_MS };
}

function wordsFor({ kind, message }: Exclude<Convergence, { kind: "converged" }>): string {
  switch (kind) {
    case "rolled-back":
      return `was rolled back by Swarm: ${message}`;
    case "paused":
      return `was given up by Swarm: ${message}`;
    case "superseded":
    case "stuck":
    case "late":
      return `did not get there: ${message}`;
  }
}
