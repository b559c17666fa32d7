// Who runs where: the contender alone on one core; load, upstream and the benchmark itself on another.

import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

export const CONTENDER_CORE = 0;
export const LOAD_CORE = 1;

/** Moves this process, and with it all children that are not pinned elsewhere, to the load core. */
export function moveToLoadCore(): void {
  if (availableParallelism() < 2) {
    throw new Error("the benchmark needs two cores: one for the contender, one for load and upstream");
  }
  const args = ["--all-tasks", "--cpu-list", "--pid", String(LOAD_CORE), String(process.pid)];
  execFileSync("taskset", args, { stdio: "ignore" });
}
