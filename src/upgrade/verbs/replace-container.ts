// The operations that put one container in the place of another, or beside it.

import { fixedAddresses, joinsOf } from "../../docker/clone-container.ts";
import type { ContainerInspect } from "../../docker/engine.ts";
import { nameOfNew, nameOfOld } from "../../docker/set-aside.ts";
import { NUMBER_LABEL, composeOrigin } from "../../compose/compose-labels.ts";
import type { ContainerChange, ContainerRef } from "../operations/operation.ts";
import type { StepOf } from "../plan/plan.ts";
import { portOfTarget, runsBefore } from "./plan-position.ts";
import { baseName, NAME_LABEL } from "./base-name.ts";
import type { PlanContext, PlannedOperation } from "./verb.ts";

export interface Replacement {
  step: StepOf<"replace">;
  ref: ContainerRef;
  container: ContainerInspect;
  /** Of the names of its operations: empty, `-2`, `-3`. */
  suffix: string;
  /** The new one, by the name that it has in the end. */
  made: { madeBy: string; name: string };
  /** From 1, in the order of the target's containers. */
  number: number;
}

/** The new container, ready to start. The old one has noticed nothing. */
export function prepare(replacement: Replacement, context: PlanContext): PlannedOperation[] {
  const { step, ref, container, suffix, made } = replacement;
  const { mode, carryFiles, target } = step.replace;
  const name = mode === "in-place" ? nameOfNew(made.name, context.run) : made.name;
  const operations: PlannedOperation[] = [
    {
      as: `create-new${suffix}`,
      kind: "create-container",
      cause: `${target} gets a new container like ${ref.name}; what is wrong with it shows before anything stops`,
      like: ref,
      name,
      image: step.replace.image ?? imageNow(container, context),
      platform: null,
      role: "new",
      change: changeOf(replacement, context),
    },
  ];
  for (const { network, endpoint } of joinsOf(container, mode).others) {
    const cause = `${ref.name} is in ${network} too, and a container is created in one network only`;
    operations.push({
      as: `connect-${network}${suffix}`,
      kind: "connect-network",
      cause,
      container: made,
      network,
      endpoint,
    });
  }
  if (carryFiles.length > 0) {
    const cause = "these files are in the writable layer of the old container only";
    operations.push({
      as: `carry-files${suffix}`,
      kind: "carry-files",
      cause,
      from: ref,
      to: made,
      paths: carryFiles,
    });
  }
  return operations;
}

/** By its name where that still means the same image, because people read it. */
function imageNow({ Image, Config }: ContainerInspect, context: PlanContext): string {
  return context.imageOf(Config.Image)?.Id === Image ? Config.Image : Image;
}

function changeOf(replacement: Replacement, context: PlanContext): ContainerChange {
  const { mode, env, labels, command, assumeAllExplicit } = replacement.step.replace;
  const beside = mode === "beside" ? labelsBeside(replacement, context) : {};
  const nothing = { entrypoint: null, user: null, workdir: null, volumes: [] };
  return { ...nothing, mode, env, labels: { ...beside, ...labels }, command, assumeAllExplicit };
}

/** Compose takes two containers of one number for one too many. */
function labelsBeside(
  { container, number, step }: Replacement,
  context: PlanContext,
): Record<string, string> {
  const name = { [NAME_LABEL]: baseName(container) };
  if (composeOrigin(container.Config.Labels) === undefined) return name;
  const observed = context.observed(step.replace.target);
  const all = observed.kind === "containers" ? observed.containers : [];
  const numbers = all.map(({ Config }) => composeOrigin(Config.Labels)?.number ?? 0);
  return { ...name, [NUMBER_LABEL]: String(Math.max(0, ...numbers) + number) };
}

export function putBeside({ made, suffix }: Replacement): PlannedOperation[] {
  const cause = "the new version comes up while the old one serves";
  return [{ as: `start-new${suffix}`, kind: "start-container", cause, container: made, wasRunning: false }];
}

export function putInPlace(replacement: Replacement, context: PlanContext): PlannedOperation[] {
  const { ref, container, suffix, made } = replacement;
  const { name } = made;
  const renameNew = { container: made, from: nameOfNew(name, context.run), to: name } as const;
  return [
    ...stopOld(replacement, context),
    {
      as: `rename-old${suffix}`,
      kind: "rename-container",
      cause: `the new container gets the name ${name}`,
      container: ref,
      from: container.Name.replace(/^\//, ""),
      to: nameOfOld(name, context.run),
    },
    {
      as: `rename-new${suffix}`,
      kind: "rename-container",
      cause: "before it starts, because names of running containers do not follow in DNS",
      ...renameNew,
    },
    {
      as: `start-new${suffix}`,
      kind: "start-container",
      cause: "the new version takes over",
      container: made,
      wasRunning: false,
    },
  ];
}

function stopOld({ step, ref, container, suffix }: Replacement, context: PlanContext): PlannedOperation[] {
  const operations: PlannedOperation[] = [];
  const before = container.HostConfig.RestartPolicy;
  if (before.Name !== "no" && before.Name !== "") {
    operations.push({
      as: `keep-old-down${suffix}`,
      kind: "set-restart-policy",
      cause: `with ${before.Name} it would come back beside the new one when the machine starts`,
      container: ref,
      policy: { Name: "no", MaximumRetryCount: 0 },
      before,
    });
  }
  operations.push({
    as: `stop-old${suffix}`,
    kind: "stop-container",
    cause: whyStop(container),
    container: ref,
    graceMs: step.replace.graceMs,
    signal: null,
    wasRunning: runsBefore(context, step.id, container),
    port: portOfTarget(step.replace.target, context),
  });
  return operations;
}

/** What only one of the two can have. */
function whyStop(container: ContainerInspect): string {
  const addresses = fixedAddresses(container).map(({ address }) => `the address ${address}`);
  const bindings = Object.values(container.HostConfig.PortBindings ?? {}).flatMap((bound) => bound ?? []);
  const ports = bindings.flatMap(({ HostPort }) =>
    HostPort === "" || HostPort === "0" ? [] : `the port ${HostPort}`,
  );
  const needed = [...new Set([...addresses, ...ports])];
  return needed.length === 0
    ? "only one of the two may run"
    : `${needed.join(" and ")} must be free for the new container`;
}
