// The HTTP scenarios differ in path, connections and unit only; this makes one of them.

import { checkHttp } from "../check/check-http.ts";
import { runWrk, type WrkOptions } from "../load/wrk.ts";
import { whileCountingCpu } from "../process/cpu-usage.ts";
import { type Measurement, type Scenario, YARDSTICKS } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { startFixedUpstream } from "../upstreams/fixed-upstream.ts";
import { cpuFigures, steadyMetrics, WARM_UP_SECONDS } from "./steady-load.ts";

export interface HttpScenarioSpec extends Omit<WrkOptions, "port" | "seconds"> {
  name: string;
  title: string;
  /** Large bodies are counted in megabytes, small ones in requests. */
  unit: "req" | "MB";
}

export function httpScenario(spec: HttpScenarioSpec): Scenario {
  const { name, title, unit } = spec;
  return {
    name,
    title,
    metrics: [
      { key: "rate", label: `${unit}/s`, decimals: 0, ratiosTo: YARDSTICKS },
      ...steadyMetrics(unit, YARDSTICKS),
    ],
    async open(bench, resources) {
      const upstreamPort = await startFixedUpstream(bench.directory, resources);
      return {
        async prepare(contender) {
          const running = await startContender(contender, { bench, resources, upstreamPort });
          await checkHttp(running.port);
          await runWrk({ ...spec, port: running.port, seconds: Math.min(WARM_UP_SECONDS, bench.seconds) });
          return { measure: () => measure(spec, running, bench.seconds) };
        },
      };
    },
  };
}

async function measure(
  spec: HttpScenarioSpec,
  running: StartedContender,
  seconds: number,
): Promise<Measurement> {
  const load = () => runWrk({ ...spec, port: running.port, seconds });
  const { result, cpu } = await whileCountingCpu(running.program.pid, load);
  const inRequests = spec.unit === "req";
  const rate = inRequests ? result.requestsPerSecond : result.bytesPerSecond / 1e6;
  const amount = inRequests ? result.requests : result.bytes / 1e6;
  const { p50Ms, p99Ms } = result;
  return { figures: { rate, ...cpuFigures(cpu, amount), p50Ms, p99Ms } };
}
