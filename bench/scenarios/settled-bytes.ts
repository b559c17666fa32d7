import { setTimeout as sleep } from "node:timers/promises";
import { residentBytes } from "../process/process-tree.ts";
import type { StartedContender } from "../start-contender.ts";

const SETTLE_MS = 2_000;

/** What the contender has in RAM once it has come to rest and let go of its garbage. */
export async function settledBytes({ program, settle }: StartedContender): Promise<number> {
  await sleep(SETTLE_MS);
  await settle?.();
  await sleep(SETTLE_MS);
  return residentBytes(program.pid);
}
