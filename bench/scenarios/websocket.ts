import { checkTunnel } from "../check/check-tunnel.ts";
import { runEchoLoad, type EchoLoadOptions } from "../load/echo-load.ts";
import { openTunnels } from "../load/open-tunnel.ts";
import { whileCountingCpu } from "../process/cpu-usage.ts";
import { quantile } from "../report/median-figures.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender } from "../start-contender.ts";
import { startNodeUpstream } from "../upstreams/start-node-upstream.ts";
import { cpuFigures, steadyMetrics, WARM_UP_SECONDS } from "./steady-load.ts";

const TUNNELS = 64;
const TALK = { messageBytes: 64, inFlight: 4 };

export const websocket: Scenario = {
  name: "websocket",
  title: `WebSocket echo of ${TALK.messageBytes} bytes, ${TUNNELS} tunnels with ${TALK.inFlight} messages under way on each`,
  metrics: [{ key: "rate", label: "messages/s", decimals: 0, ratios: true }, ...steadyMetrics("messages")],
  async open(bench, resources) {
    const upstreamPort = await startNodeUpstream("tunnel-server.ts", resources);
    return {
      async prepare(contender) {
        const running = await startContender(contender, { bench, resources, upstreamPort });
        await checkTunnel(running.port);
        const tunnels = await openTunnels(running.port, TUNNELS);
        resources.defer(() => tunnels.forEach((tunnel) => tunnel.destroy()));
        const load = { tunnels, ...TALK };
        await runEchoLoad({ ...load, seconds: Math.min(WARM_UP_SECONDS, bench.seconds) });
        return { measure: () => measure(running.program.pid, { ...load, seconds: bench.seconds }) };
      },
    };
  },
};

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
