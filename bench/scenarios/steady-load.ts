// What the scenarios under steady load have in common: their columns, and how the processor time is judged.

import type { CpuUsage } from "../process/cpu-usage.ts";
import type { Figures, Metric } from "../scenario.ts";

/** From so much of a core on, whoever runs there counts as the bottleneck. */
const SATURATED_PERCENT = 95;

/** Long enough for a just-in-time compiler to have seen everything. */
export const WARM_UP_SECONDS = 2;

/** Columns behind the rate itself. */
export function steadyMetrics(unit: string, yardsticks: readonly string[]): Metric[] {
  return [
    { key: "perCpuSecond", label: `${unit} per CPU second`, decimals: 0, ratiosTo: yardsticks },
    { key: "p50Ms", label: "p50 ms", decimals: 2 },
    { key: "p99Ms", label: "p99 ms", decimals: 2 },
    { key: "contenderPercent", label: "own core %", decimals: 0 },
    { key: "othersPercent", label: "others there %", decimals: 0 },
    { key: "loadPercent", label: "load core %", decimals: 0 },
    { key: "contenderPercent", label: "limited by", decimals: 0, inWords: bottleneck },
  ];
}

/** When it was the load side, the rate says little and the work per CPU second says all. */
function bottleneck(contenderPercent: number): string {
  return contenderPercent >= SATURATED_PERCENT ? "contender" : "load side";
}

export function cpuFigures(cpu: CpuUsage, amount: number): Figures {
  return {
    perCpuSecond: amount / cpu.contenderSeconds,
    contenderPercent: cpu.contenderPercent,
    othersPercent: cpu.othersPercent,
    loadPercent: cpu.loadCorePercent,
  };
}
