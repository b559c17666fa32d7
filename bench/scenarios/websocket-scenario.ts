// Echo through many tunnels, with so much under way that somebody's core is full.

import { checkTunnel } from "../check/check-tunnel.ts";
import { runEchoLoad, type EchoLoadOptions } from "../load/echo-load.ts";
import { openTunnels } from "../load/open-tunnel.ts";
import { whileCountingCpu } from "../process/cpu-usage.ts";
import { quantile } from "../report/median-figures.ts";
import { type Measurement, type Scenario, YARDSTICKS } from "../scenario.ts";
import { startContender } from "../start-contender.ts";
import { startNodeUpstream } from "../upstreams/start-node-upstream.ts";
import { cpuFigures, steadyMetrics, WARM_UP_SECONDS } from "./steady-load.ts";

export interface WebSocketScenario {
  name: string;
  /** As in `echo of 64 bytes`. */
  size: string;
  messageBytes: number;
  /** Names; left out: all. */
  contenders?: readonly string[];
}

const TUNNELS = 64;
const IN_FLIGHT = 4;

/** What moves tunnels is compared with what passes bytes, too. */
export const TUNNEL_YARDSTICKS: readonly string[] = ["holdgate", ...YARDSTICKS];

export function webSocketScenario({ size, messageBytes, ...described }: WebSocketScenario): Scenario {
  return {
    ...described,
    title: `WebSocket echo of ${size}, ${TUNNELS} tunnels with ${IN_FLIGHT} messages under way on each`,
    metrics: [
      { key: "rate", label: "messages/s", decimals: 0, ratiosTo: TUNNEL_YARDSTICKS },
      ...steadyMetrics("messages", TUNNEL_YARDSTICKS),
    ],
    async open(bench, resources) {
      const upstreamPort = await startNodeUpstream("tunnel-server.ts", resources);
      return {
        async prepare(contender) {
          const running = await startContender(contender, { bench, resources, upstreamPort });
          await checkTunnel(running.port);
          const tunnels = await openTunnels(running.port, TUNNELS);
          resources.defer(() => tunnels.forEach((tunnel) => tunnel.destroy()));
          const load = { tunnels, messageBytes, inFlight: IN_FLIGHT };
          await runEchoLoad({ ...load, seconds: Math.min(WARM_UP_SECONDS, bench.seconds) });
          return { measure: () => measure(running.program.pid, { ...load, seconds: bench.seconds }) };
        },
      };
    },
  };
}

async function measure(pid: number, load: EchoLoadOptions): Promise<Measurement> {
  const { result, cpu } = await whileCountingCpu(pid, () => runEchoLoad(load));
  const figures = {
    rate: result.messagesPerSecond,
    ...cpuFigures(cpu, result.messages),
    p50Ms: quantile(result.latenciesMs, 0.5),
    p99Ms: quantile(result.latenciesMs, 0.99),
  };
  return { figures };
}
