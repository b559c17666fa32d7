import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LastingTunnel } from "../load/lasting-tunnel.ts";
import { STEADY_PACE, SteadyRequests, type Exchange } from "../load/steady-requests.ts";
import { freePort } from "../process/free-port.ts";
import type { ChildProgram } from "../process/child-program.ts";
import type { Figures, Measurement, Scenario } from "../scenario.ts";
import { startContender } from "../start-contender.ts";
import { nodeUpstream } from "../upstreams/start-node-upstream.ts";

const TUNNELS = 50;
const BEFORE_MS = 1_500;
const OUTAGE_MS = 1_000;
const AFTER_MS = 3_000;

export const swap: Scenario = {
  name: "swap",
  title: `the upstream is killed and replaced after ${OUTAGE_MS / 1000} s, and no proxy is told: what fails of ${STEADY_PACE} and ${TUNNELS} tunnels`,
  metrics: [
    { key: "failedGets", label: "failed GETs", decimals: 0 },
    { key: "failedPosts", label: "failed POSTs", decimals: 0 },
    { key: "inFlightPosts", label: "of these in flight at the kill", decimals: 0 },
    { key: "duplicatePosts", label: "POSTs done twice", decimals: 0 },
    { key: "longestAnswerMs", label: "longest wait ms", decimals: 0 },
    { key: "closedTunnels", label: "closed tunnels", decimals: 0 },
    { key: "failedHandshakes", label: "failed handshakes", decimals: 0 },
    { key: "longestGapMs", label: "longest gap of a tunnel ms", decimals: 0 },
  ],
  rounds: 1,
  async open(bench, resources) {
    return {
      async prepare(contender) {
        const app = await App.start(join(bench.directory, `${contender.name}.keys`), resources);
        const { port } = await startContender(contender, { bench, resources, upstreamPort: app.port });
        return { measure: () => measure(port, app) };
      },
    };
  },
};

async function measure(port: number, app: App): Promise<Measurement> {
  const tunnels = Array.from({ length: TUNNELS }, () => new LastingTunnel(port));
  const requests = new SteadyRequests(port);
  await sleep(BEFORE_MS);
  const killedAtMs = performance.now();
  await app.kill();
  const death: Death = { killedAtMs, goneAtMs: performance.now() };
  await sleep(OUTAGE_MS);
  await app.restart();
  await sleep(AFTER_MS);
  const exchanges = await requests.finish();
  for (const tunnel of tunnels) tunnel.leave();
  const figures = { ...requestFigures(exchanges, death, app.keys()), ...tunnelFigures(tunnels) };
  return { figures, notes: [statusNote(exchanges), closeCodeNote(tunnels)].filter((note) => note !== "") };
}

/** A killed process still takes connections until the kernel has got round to ending it. */
interface Death {
  killedAtMs: number;
  goneAtMs: number;
}

function requestFigures(exchanges: readonly Exchange[], death: Death, keys: readonly string[]): Figures {
  const failed = exchanges.filter(({ status }) => status !== 200);
  const posts = failed.filter(({ method }) => method === "POST");
  const answered = exchanges.filter(({ status }) => status === 200);
  return {
    failedGets: failed.length - posts.length,
    failedPosts: posts.length,
    inFlightPosts: posts.filter((one) => wasInFlight(one, death)).length,
    duplicatePosts: keys.length - new Set(keys).size,
    longestAnswerMs: Math.max(...answered.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs)),
  };
}

function wasInFlight({ startedAtMs, endedAtMs }: Exchange, { killedAtMs, goneAtMs }: Death): boolean {
  return startedAtMs <= goneAtMs && endedAtMs >= killedAtMs;
}

function tunnelFigures(tunnels: readonly LastingTunnel[]): Figures {
  const sum = (count: (tunnel: LastingTunnel) => number): number =>
    tunnels.reduce((total, tunnel) => total + count(tunnel), 0);
  return {
    closedTunnels: sum((tunnel) => tunnel.closeCodes.length),
    failedHandshakes: sum((tunnel) => tunnel.failedHandshakes),
    longestGapMs: Math.max(...tunnels.map((tunnel) => tunnel.longestGapMs)),
  };
}

function statusNote(exchanges: readonly Exchange[]): string {
  const failed = exchanges.filter(({ status }) => status !== 200);
  const counts = countsOf(failed.map(({ status }) => String(status ?? "no answer")));
  return counts === "" ? "" : `requests failed with ${counts}`;
}

function closeCodeNote(tunnels: readonly LastingTunnel[]): string {
  const counts = countsOf(tunnels.flatMap((tunnel) => tunnel.closeCodes.map(String)));
  return counts === "" ? "" : `tunnels closed with ${counts}`;
}

/** As `502 (180), no answer (3)`. */
function countsOf(values: readonly string[]): string {
  const groups = Map.groupBy(values, (value) => value);
  return [...groups].map(([value, { length }]) => `${value} (${length})`).join(", ");
}

/** The app behind one contender: killed and started again on the same port. */
class App {
  readonly port: number;
  readonly #keysFile: string;
  #program: ChildProgram;

  static async start(keysFile: string, resources: AsyncDisposableStack): Promise<App> {
    const app = new App(await freePort(), keysFile);
    resources.defer(() => app.kill());
    await app.#program.listening(app.port);
    return app;
  }

  private constructor(port: number, keysFile: string) {
    this.port = port;
    this.#keysFile = keysFile;
    this.#program = this.#launch();
  }

  kill(): Promise<void> {
    return this.#program.stop("SIGKILL");
  }

  async restart(): Promise<void> {
    this.#program = this.#launch();
    await this.#program.listening(this.port);
  }

  /** Of every POST that was done, as often as it was done. */
  keys(): string[] {
    return existsSync(this.#keysFile) ? readFileSync(this.#keysFile, "utf8").split("\n").filter(Boolean) : [];
  }

  #launch(): ChildProgram {
    return nodeUpstream("recording-server.ts", [String(this.port), this.#keysFile]);
  }
}
