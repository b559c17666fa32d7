import type { ChildProcess } from "node:child_process";

const living = new Set<ChildProcess>();
process.on("exit", () => {
  // SIGTERM and not SIGKILL: a master process has to be able to take its workers with it.
  for (const child of living) child.kill("SIGTERM");
});

/** Whatever ends the benchmark, an interrupt included, ends this child too. */
export function killAtExit(child: ChildProcess): void {
  living.add(child);
  child.once("exit", () => living.delete(child));
}
