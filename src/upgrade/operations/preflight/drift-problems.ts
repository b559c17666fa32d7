// What has been written into containers beside their volumes, and is lost with them.

import type { ContainerInspect, FileChange } from "../../../docker/engine.ts";
import { nameOf } from "../../checks/container-address.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";
import { containersOf } from "./target-containers.ts";

/** Where nobody keeps what must outlive a restart. */
const FLEETING = ["/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys"];
const MOST_NAMED = 10;

export async function driftProblems(
  { preflight, carried, targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  const problems: string[] = [];
  for (const target of preflight.noDrift) {
    for (const container of await containersOf(target, targets, context)) {
      const changes = await context.engine.containers.changes(container.Id, context.signal);
      const lost = lostChanges(changes, container, carried[target] ?? []);
      if (lost.length > 0) problems.push(describe(nameOf(container), lost));
    }
  }
  return problems;
}

/** The changes that neither a volume nor a carried file explains. */
export function lostChanges(
  changes: readonly FileChange[],
  container: ContainerInspect,
  carried: readonly string[],
): FileChange[] {
  const kept = [...FLEETING, ...mountPoints(container), ...carried].map((path) => path.replace(/\/+$/, ""));
  const own = changes.filter(({ path }) => !kept.some((each) => isWithin(path, each)));
  // A directory is listed because of what is in it, or because a mount made it.
  const inner = [...kept, ...own.map(({ path }) => path)];
  return own.filter(({ path }) => !inner.some((each) => each !== path && isWithin(each, path)));
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function mountPoints({ Mounts, HostConfig }: ContainerInspect): string[] {
  const tmpfs = HostConfig["Tmpfs"];
  const inMemory = typeof tmpfs === "object" && tmpfs !== null ? Object.keys(tmpfs) : [];
  return [...Mounts.map(({ Destination }) => Destination), ...inMemory];
}

function describe(name: string, lost: readonly FileChange[]): string {
  const named = lost.slice(0, MOST_NAMED).map(({ path, kind }) => `${path} (${kind})`);
  const more = lost.length > MOST_NAMED ? ` and ${lost.length - MOST_NAMED} more` : "";
  const remedy = "put it into a volume, or name it in carryFiles of the replace step";
  return `${name} has what its image has not: ${named.join(", ")}${more}; ${remedy}`;
}
