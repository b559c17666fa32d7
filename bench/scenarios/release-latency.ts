import { setTimeout as sleep } from "node:timers/promises";
import { rawGet } from "../load/raw-get.ts";
import { monotonicMs } from "../process/monotonic-ms.ts";
import { median } from "../report/median-figures.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { ReopeningUpstream } from "../upstreams/reopening-upstream.ts";

const REPETITIONS = 20;
const REQUESTS = 100;
const SHORTEST_OUTAGE_MS = 300;

export const releaseLatency: Scenario = {
  name: "release-latency",
  title: `${REQUESTS} requests arrive while the upstream is away: from its return to their answers (${REPETITIONS} times)`,
  metrics: [
    { key: "firstMedianMs", label: "first sent, median ms", decimals: 1 },
    { key: "firstMaxMs", label: "first sent, max ms", decimals: 1 },
    { key: "lastMedianMs", label: "last answered, median ms", decimals: 1 },
    { key: "lastMaxMs", label: "last answered, max ms", decimals: 1 },
    { key: "failedPercent", label: "failed %", decimals: 0 },
  ],
  rounds: 1,
  async open(bench, resources) {
    return {
      async prepare(contender) {
        const upstream = await ReopeningUpstream.start(resources);
        await upstream.tell("open");
        const running = await startContender(contender, { bench, resources, upstreamPort: upstream.port });
        if ((await rawGet(running.port, "/held").answered) !== 200)
          throw new Error("GET /held is not answered");
        return { measure: () => measure(running, upstream) };
      },
    };
  },
};

interface Outage {
  /** From the return of the upstream to the first request it sees; null when it sees none. */
  firstMs: number | null;
  lastMs: number;
  statuses: (number | null)[];
}

async function measure({ port }: StartedContender, upstream: ReopeningUpstream): Promise<Measurement> {
  const outages: Outage[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    // Of different lengths, so that a proxy that looks every so often is not always met at the same moment.
    outages.push(await outage(port, upstream, SHORTEST_OUTAGE_MS + ((repetition * 37) % 200)));
  }
  const statuses = outages.flatMap((one) => one.statuses);
  const failed = statuses.filter((status) => status !== 200);
  const figures = { failedPercent: (100 * failed.length) / statuses.length };
  const kinds = [...new Set(failed)].map((status) => status ?? "no answer");
  if (failed.length > 0) return { figures, notes: [`answers with ${kinds.join(", ")} instead of holding`] };
  return { figures: { ...figures, ...latencies(outages) } };
}

function latencies(outages: readonly Outage[]) {
  const first = outages.map((one) => one.firstMs).filter((ms) => ms !== null);
  const last = outages.map((one) => one.lastMs);
  return {
    firstMedianMs: median(first),
    firstMaxMs: Math.max(...first),
    lastMedianMs: median(last),
    lastMaxMs: Math.max(...last),
  };
}

async function outage(port: number, upstream: ReopeningUpstream, lengthMs: number): Promise<Outage> {
  await upstream.tell("close");
  const requests = Array.from({ length: REQUESTS }, () => rawGet(port, "/held"));
  await sleep(lengthMs);
  const { openedAtMs } = await upstream.tell("open");
  const statuses = await Promise.all(requests.map((request) => request.answered));
  const lastMs = monotonicMs() - openedAtMs;
  const { firstRequestAtMs } = await upstream.tell("report");
  for (const { socket } of requests) socket.destroy();
  return { firstMs: firstRequestAtMs === null ? null : firstRequestAtMs - openedAtMs, lastMs, statuses };
}
