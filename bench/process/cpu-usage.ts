// How busy the two cores were, and with whom, while something was measured.

import { readFileSync } from "node:fs";
import { CONTENDER_CORE, LOAD_CORE } from "./cores.ts";
import { cpuSeconds } from "./process-tree.ts";

export interface CpuUsage {
  /** Processor time that the contender and its children used. */
  contenderSeconds: number;
  /** The same in percent of one core over the time measured. */
  contenderPercent: number;
  loadCorePercent: number;
  /** What all others took of the contender's core: anything over a few percent spoils the figures. */
  othersPercent: number;
}

export async function whileCountingCpu<T>(
  contenderPid: number,
  work: () => Promise<T>,
): Promise<{ result: T; cpu: CpuUsage }> {
  const before = sample(contenderPid);
  const result = await work();
  const after = sample(contenderPid);
  const elapsedSeconds = (after.atMs - before.atMs) / 1000;
  const contenderSeconds = after.contenderSeconds - before.contenderSeconds;
  const contenderPercent = (100 * contenderSeconds) / elapsedSeconds;
  const contenderCorePercent = busyPercent(before.contenderCore, after.contenderCore);
  return {
    result,
    cpu: {
      contenderSeconds,
      contenderPercent,
      loadCorePercent: busyPercent(before.loadCore, after.loadCore),
      othersPercent: Math.max(0, contenderCorePercent - contenderPercent),
    },
  };
}

interface CoreTicks {
  busy: number;
  all: number;
}

function sample(contenderPid: number) {
  const lines = readFileSync("/proc/stat", "utf8").split("\n");
  return {
    atMs: performance.now(),
    contenderSeconds: cpuSeconds(contenderPid),
    contenderCore: coreTicks(lines, CONTENDER_CORE),
    loadCore: coreTicks(lines, LOAD_CORE),
  };
}

/** From a line such as `cpu1 user nice system idle iowait irq softirq steal …`. */
function coreTicks(lines: string[], core: number): CoreTicks {
  const line = lines.find((candidate) => candidate.startsWith(`cpu${core} `)) ?? "";
  const ticks = line.split(" ").slice(1, 9).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

function busyPercent(before: CoreTicks, after: CoreTicks): number {
  return (100 * (after.busy - before.busy)) / Math.max(1, after.all - before.all);
}
