import { cpus, release } from "node:os";
import type { Contender } from "../contender.ts";

/** One line: what was measured, on what, so that figures of two machines are not compared by mistake. */
export function describeMachine(contenders: readonly Contender[]): string {
  const versions = contenders.flatMap((contender) => {
    const availability = contender.available();
    return "version" in availability ? [`${contender.name} ${availability.version}`] : [];
  });
  const cores = cpus();
  const machine = `${cores.length} cores of ${cores[0]?.model.trim() ?? "an unknown processor"}, Linux ${release()}`;
  return `${versions.join(", ")}, Node ${process.versions.node}; ${machine}`;
}
