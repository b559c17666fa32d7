import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { GAP_BOUNDS_MS } from "../../src/gateway/counters.ts";
import { adminSocket } from "../contenders/holdgate.ts";
import { HoldgateAdmin, type MoveCounters } from "../holdgate-admin.ts";
import { openTunnels } from "../load/open-tunnel.ts";
import { talkOnce } from "../load/talk-once.ts";
import { whileCountingCpu } from "../process/cpu-usage.ts";
import { whileWatchingEventLoop } from "../process/event-loop-delay.ts";
import { monotonicMs } from "../process/monotonic-ms.ts";
import type { Figures, Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";
import { type HandshakeTimes, TunnelUpstream } from "../upstreams/tunnel-upstream.ts";

const TUNNELS = 5_000;
const MOVE_TIMEOUT_MS = 60_000;
const SETTLE_TIMEOUT_MS = 5_000;
/** For how hard the new upstream is hit at worst. */
const BURST_MS = 100;

export const spliceMove: Scenario = {
  name: "splice-move",
  title: `${TUNNELS} silent tunnels are moved to another upstream by one cutover`,
  contenders: ["holdgate-splice", "holdgate-splice-at-once"],
  metrics: [
    { key: "allMovedMs", label: "all moved after ms", decimals: 0 },
    { key: "handshakesPerSecond", label: "new upstream's handshakes/s", decimals: 0 },
    { key: "burst", label: `most within ${BURST_MS} ms`, decimals: 0 },
    { key: "meanGapMs", label: "gap of a tunnel, mean ms", decimals: 1 },
    { key: "halfGapMs", label: "of half at most ms", decimals: 0 },
    { key: "mostGapMs", label: "of 99 % at most ms", decimals: 0 },
    { key: "allGapMs", label: "of all at most ms", decimals: 0 },
    { key: "longestDelayMs", label: "longest event loop delay ms", decimals: 1 },
    { key: "cpuMs", label: "CPU ms per tunnel", decimals: 2 },
    { key: "othersPercent", label: "others there %", decimals: 0 },
    { key: "closedTunnels", label: "closed tunnels", decimals: 0 },
  ],
  async open(bench, resources) {
    return {
      async prepare(contender) {
        const [blue, green] = [await TunnelUpstream.start(resources), await TunnelUpstream.start(resources)];
        const options = { bench, resources, upstreamPort: blue.port, isInspected: true };
        const running = await startContender(contender, options);
        const admin = new HoldgateAdmin(adminSocket(running.directory));
        await admin.putUpstream("green", `http://127.0.0.1:${green.port}`);
        const tunnels = await openTunnels(running.port, TUNNELS);
        resources.defer(() => tunnels.forEach((tunnel) => tunnel.destroy()));
        const rounds = [
          { name: "blue", app: blue },
          { name: "green", app: green },
        ];
        return { measure: () => measure(running, admin, tunnels, nextOf(rounds)) };
      },
    };
  },
};

interface Target {
  name: string;
  app: TunnelUpstream;
}

/** The last one, which becomes the first. */
function nextOf(targets: Target[]): Target {
  const target = targets.pop();
  if (target === undefined) throw new Error("there is no upstream to move to");
  targets.unshift(target);
  return target;
}

async function measure(
  running: StartedContender,
  admin: HoldgateAdmin,
  tunnels: readonly Socket[],
  target: Target,
): Promise<Measurement> {
  const { program, inspector } = running;
  if (inspector === undefined) throw new Error(`${running.program.pid} cannot be looked into`);
  await target.app.handshakes(0, MOVE_TIMEOUT_MS);
  const before = await admin.moves();
  const { result, cpu } = await whileCountingCpu(program.pid, () =>
    whileWatchingEventLoop(inspector, () => moveAll(admin, target)),
  );
  const after = await allMoved(admin, before);
  const figures = {
    ...handshakeFigures(result.result),
    ...gapFigures(before, after),
    longestDelayMs: result.longestDelayMs,
    cpuMs: (1000 * cpu.contenderSeconds) / TUNNELS,
    othersPercent: cpu.othersPercent,
    closedTunnels: tunnels.filter((tunnel) => tunnel.destroyed).length,
  };
  await Promise.all(tunnels.filter((tunnel) => !tunnel.destroyed).map(talkOnce));
  return { figures };
}

interface Move {
  orderedAtMs: number;
  handshakesAtMs: HandshakeTimes;
}

async function moveAll(admin: HoldgateAdmin, { name, app }: Target): Promise<Move> {
  const orderedAtMs = monotonicMs();
  const [handshakesAtMs] = await Promise.all([app.handshakes(TUNNELS, MOVE_TIMEOUT_MS), admin.cutover(name)]);
  return { orderedAtMs, handshakesAtMs };
}

/** The last answer of the upstream may still be on its way. Throws when a tunnel has not arrived. */
async function allMoved(admin: HoldgateAdmin, before: MoveCounters): Promise<MoveCounters> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const after = await admin.moves();
    const moved = after.spliced - before.spliced;
    if (moved === TUNNELS) return after;
    if (performance.now() > deadline) {
      throw new Error(
        `${moved} of ${TUNNELS} tunnels were moved; given up: ${JSON.stringify(after.givenUp)}`,
      );
    }
    await sleep(50);
  }
}

function handshakeFigures({ orderedAtMs, handshakesAtMs }: Move): Figures {
  const [firstMs = Number.NaN] = handshakesAtMs;
  const lastMs = handshakesAtMs.at(-1) ?? Number.NaN;
  return {
    allMovedMs: lastMs - orderedAtMs,
    handshakesPerSecond: (1000 * (handshakesAtMs.length - 1)) / (lastMs - firstMs),
    burst: mostWithin(handshakesAtMs, BURST_MS),
  };
}

function mostWithin(times: readonly number[], ms: number): number {
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) < time - ms) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** The gateway counts gaps in classes: a share of them was at most as long as the bound of the class it ends in. */
function gapFigures(before: MoveCounters, after: MoveCounters): Figures {
  const counts = after.gaps.map((count, index) => count - (before.gaps[index] ?? 0));
  return {
    meanGapMs: (after.gapMs - before.gapMs) / TUNNELS,
    halfGapMs: boundOf(counts, 0.5),
    mostGapMs: boundOf(counts, 0.99),
    allGapMs: boundOf(counts, 1),
  };
}

/** Infinity: longer than the last bound. */
function boundOf(counts: readonly number[], share: number): number {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= wanted) return GAP_BOUNDS_MS[index] ?? Infinity;
  }
  return Infinity;
}
