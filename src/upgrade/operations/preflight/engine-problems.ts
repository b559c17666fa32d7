// The engine itself: how old it is, and how much room it has.

import { access, statfs } from "node:fs/promises";
import { formatByteSize } from "../../../lib/byte-size.ts";
import type { Preflight } from "../../plan/plan.ts";
import type { PerformContext } from "../handler.ts";

const MIB = 2 ** 20;

export async function engineProblems(
  { engine: wanted }: Preflight,
  context: PerformContext,
): Promise<string[]> {
  if (wanted === null) return [];
  const { version } = await context.engine.version(context.signal);
  if (isAtLeast(version, wanted)) return [];
  return [`the engine is of version ${version}; at least ${wanted} is needed`];
}

/** By numbers from the left: 20.10.24 is at least 20.10, and 9.1 is not. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [has, needs] = [numbersOf(version), numbersOf(wanted)];
  for (const [index, need] of needs.entries()) {
    const have = has[index] ?? 0;
    if (have !== need) return have > need;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return version.split(/[.+~-]/).map((part) => Number.parseInt(part, 10) || 0);
}

export async function diskProblems({ diskFree }: Preflight, context: PerformContext): Promise<string[]> {
  if (diskFree === null) return [];
  const path = diskFree.path ?? (await imagesPath(context));
  const free = await freeBytes(path);
  if (free === null) return [`the free space of ${path} cannot be read; does it exist?`];
  if (free >= diskFree.bytes) return [];
  return [
    `${path} has ${formatByteSize(free - (free % MIB))} free; ${formatByteSize(diskFree.bytes)} are needed`,
  ];
}

/** Where images and volumes grow. A runner in a container, or of another machine, cannot see that. */
async function imagesPath(context: PerformContext): Promise<string> {
  const { engine, signal, run } = context;
  const { rootDir } = await engine.info(signal);
  if (await exists(rootDir)) return rootDir;
  context.log(
    `the engine keeps its data in ${rootDir}, which cannot be seen from here; looking at ${run.directory}`,
  );
  return run.directory;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
