// The verbs for data: backup, restore, sync.

import { basename } from "node:path";
import type { ResolvedExec, ResolvedRun, ResolvedSource, ResolvedVerify } from "../operations/operation.ts";
import type { BackupVerify, DataSource, ExecWork, OneOff, Step, StepOf } from "../plan/plan.ts";
import { refuseSecretArguments } from "./arguments.ts";
import { changeOf, imageOfOneOff } from "./one-off.ts";
import { oneContainer, problem } from "./one-container.ts";
import type { PlanContext, PlanVerb } from "./verb.ts";

/** Of the operation that writes a backup: what `restore` finds it by. */
const WRITE = "write";

export const planBackup: PlanVerb<"backup"> = ({ source, to, gzip, minBytes, verify }, context) => ({
  title: `back up ${sourceText(source)} to ${to}`,
  operations: [
    {
      as: WRITE,
      kind: "backup",
      cause: "what is changed from here on can be put back",
      source: resolveSource(source, context),
      to,
      gzip,
      minBytes,
      verify: verify === null ? null : resolveVerify(verify, source, context),
    },
  ],
});

export const planRestore: PlanVerb<"restore"> = ({ from, into }, context) => {
  const backup = backupStep(from, context);
  if (into.kind === "path") requireSamePath(backup, into.path);
  const { gzip: gunzip } = backup;
  return {
    title: `restore the backup ${from} into ${sourceText(into)}`,
    operations: [
      {
        as: "restore",
        kind: "restore",
        cause: `puts back what ${from} has kept`,
        from: { writtenBy: `${from}.${WRITE}` },
        gunzip,
        into: resolveData(into, context),
      },
    ],
  };
};

export const planSync: PlanVerb<"sync"> = ({ from, to, image, mode, command }) => ({
  title: `copy the volume ${from} to ${to} (${mode})`,
  operations: [
    {
      as: "copy",
      kind: "sync-volumes",
      cause: `${to} must have what ${from} has`,
      from,
      to,
      image,
      mode,
      command,
    },
  ],
});

function resolveSource(source: DataSource, context: PlanContext): ResolvedSource {
  return source.kind === "files" ? source : resolveData(source, context);
}

type Data = Exclude<DataSource, { kind: "files" }>;

function resolveData(data: Data, context: PlanContext): Exclude<ResolvedSource, { kind: "files" }> {
  switch (data.kind) {
    case "exec":
      return resolveExec(data, context);
    case "run":
      return resolveRun(data, context);
    case "path": {
      const { ref } = oneContainer(data.target, "`path`", context);
      return { kind: "path", container: ref, path: data.path };
    }
  }
}

function resolveExec(
  { target, command, user, workdir, env, successCodes }: ExecWork,
  context: PlanContext,
): ResolvedExec {
  const { ref } = oneContainer(target, "`exec`", context);
  return { kind: "exec", container: ref, command, user, workdir, env, successCodes };
}

function resolveRun(work: OneOff, context: PlanContext): ResolvedRun {
  const like = oneContainer(work.like, "`like`", context);
  const { waitMs, successCodes } = work;
  const image = imageOfOneOff(work, like, context);
  return { kind: "run", like: like.ref, image, change: changeOf(work), waitMs, successCodes };
}

/** In the container that the backup comes from, which has the tools for it; else on the runner's machine. */
function resolveVerify(
  { command, target }: BackupVerify,
  source: DataSource,
  context: PlanContext,
): ResolvedVerify {
  const where = target ?? targetOf(source);
  if (where === null) {
    refuseSecretArguments("`verify`", command);
    return { kind: "command", command };
  }
  return { kind: "exec", container: oneContainer(where, "`verify`", context).ref, command };
}

function targetOf(source: DataSource): string | null {
  switch (source.kind) {
    case "exec":
    case "path":
      return source.target;
    case "run":
      return source.like;
    case "files":
      return null;
  }
}

function backupStep(id: string, { plan }: PlanContext): StepOf<"backup"> {
  const found = withBranches(plan.steps).find((step) => step.id === id);
  if (found?.verb === "backup") return found;
  throw problem(`there is no backup ${id} in the plan`);
}

function withBranches(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => (step.verb === "parallel" ? [step, ...withBranches(step.steps)] : [step]));
}

/** The tar of `/data` holds `data/…`; it can be unpacked only beside its own name. */
function requireSamePath({ id, source }: StepOf<"backup">, path: string): void {
  if (source.kind !== "path")
    throw problem(`the backup ${id} is no tar of a path, and cannot be unpacked into one`);
  if (basename(source.path) === basename(path)) return;
  throw problem(
    `the backup ${id} is of ${source.path}, and can be put back only to a path that ends like it; found ${path}`,
  );
}

function sourceText(data: DataSource): string {
  switch (data.kind) {
    case "exec":
      return `${data.command[0]} in ${data.target}`;
    case "run":
      return `${data.command?.[0] ?? "a one-off"} like ${data.like}`;
    case "path":
      return `${data.path} of ${data.target}`;
    case "files":
      return data.paths.join(", ");
  }
}
