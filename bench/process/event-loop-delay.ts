// How long a running Node process did not get round to anything else.

import type { Inspector } from "./inspector.ts";

const RESOLUTION_MS = 1;
const HISTOGRAM = "globalThis.benchEventLoopDelay";
const START = `${HISTOGRAM} = process.getBuiltinModule("node:perf_hooks").monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} }); ${HISTOGRAM}.enable();`;
const END = `${HISTOGRAM}.disable(); ${HISTOGRAM}.max / 1e6`;

/** The longest delay of its event loop while `work` went on, in milliseconds. */
export async function whileWatchingEventLoop<T>(
  inspector: Inspector,
  work: () => Promise<T>,
): Promise<{ result: T; longestDelayMs: number }> {
  await inspector.call("Runtime.evaluate", { expression: START });
  const result = await work();
  const { result: answer } = await inspector.call("Runtime.evaluate", {
    expression: END,
    returnByValue: true,
  });
  const longestDelayMs = answer?.value;
  if (typeof longestDelayMs !== "number")
    throw new Error("the inspector did not say the delay of the event loop");
  return { result, longestDelayMs };
}
