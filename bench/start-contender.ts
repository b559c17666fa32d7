import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Contender, ContenderContext, RunningContender } from "./contender.ts";
import { freePort } from "./process/free-port.ts";
import type { Bench } from "./scenario.ts";

export interface StartedContender extends RunningContender {
  readonly port: number;
  readonly directory: string;
}

export interface StartOptions extends Pick<ContenderContext, "upstreamPort" | "upstreamHost"> {
  bench: Bench;
  resources: AsyncDisposableStack;
  isInspected?: boolean;
}

/** Starts the contender in front of an upstream, and stops it when `resources` are released. */
export async function startContender(contender: Contender, options: StartOptions): Promise<StartedContender> {
  const { bench, resources, isInspected = false, ...upstream } = options;
  const directory = mkdtempSync(join(bench.directory, `${contender.name}-`));
  const [port, sidePort] = [await freePort(), await freePort()];
  const running = await contender.start({ directory, port, sidePort, isInspected, ...upstream });
  resources.defer(() => running.program.stop());
  return { ...running, port, directory };
}
