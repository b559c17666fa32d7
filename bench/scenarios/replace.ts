// A container is replaced in place while users wait at the gateway, and what that takes beyond what the engine takes
// to stop one and start another. Both by turns, with apps that boot for the same time.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOLDGATE } from "../contenders/holdgate.ts";
import { askEngine, whyNoEngine } from "../engine/ask-engine.ts";
import { APP_PATH, APP_PORT, BenchApp } from "../engine/bench-app.ts";
import { ArrivingGets, type ArrivedGet } from "../load/arriving-gets.ts";
import { ChildProgram } from "../process/child-program.ts";
import { median } from "../report/median-figures.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import { startContender, type StartedContender } from "../start-contender.ts";

const REPETITIONS = 10;
const ALLOWED_MS = 300;
const UPGRADE_TIMEOUT_MS = 60_000;

export const replace: Scenario = {
  name: "replace",
  title: `a container is replaced in place under hold: from the end of the old one to the first answer of the new one (${REPETITIONS} times each)`,
  contenders: ["holdgate"],
  metrics: [
    { key: "upgradeMs", label: "held request answered, median ms", decimals: 0 },
    { key: "engineMs", label: "engine and boot alone, median ms", decimals: 0 },
    { key: "moreMs", label: "more, median ms", decimals: 0 },
    { key: "moreMaxMs", label: "more, max ms", decimals: 0 },
    {
      key: "moreMs",
      label: `median at most ${ALLOWED_MS} ms more`,
      decimals: 0,
      inWords: (ms) => (ms <= ALLOWED_MS ? "yes" : "no"),
    },
    { key: "failed", label: "failed requests", decimals: 0 },
  ],
  rounds: 1,
  missing: whyNoEngine,
  async open(bench, resources) {
    const app = await BenchApp.prepare(resources);
    return {
      async prepare(contender) {
        const upstream = { upstreamHost: app.address, upstreamPort: APP_PORT };
        const onDisk = { ...bench, directory: diskDirectory(resources) };
        const running = await startContender(contender, { bench: onDisk, resources, ...upstream });
        return { measure: () => measure(running, app) };
      },
    };
  },
};

/** The journal is durable before each effect, which users wait for too: memory would flatter it. */
function diskDirectory(resources: AsyncDisposableStack): string {
  const directory = mkdtempSync(join(tmpdir(), "holdgate-bench-"));
  resources.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

interface Replacement {
  /** From the end of the old app to the first answer of the new one. */
  ms: number;
  failed: number;
}

async function measure(running: StartedContender, app: BenchApp): Promise<Measurement> {
  const pairs: { engine: Replacement; upgrade: Replacement }[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    // Of different lengths, so that whoever looks every so often is not always met at the same moment.
    const bootMs = 200 + ((repetition * 370) % 1_000);
    const engine = await byEngine(app, bootMs);
    const upgrade = await byUpgrade(running, app, bootMs);
    pairs.push({ engine, upgrade });
  }
  const more = pairs.map(({ engine, upgrade }) => upgrade.ms - engine.ms);
  const figures = {
    upgradeMs: median(pairs.map(({ upgrade }) => upgrade.ms)),
    engineMs: median(pairs.map(({ engine }) => engine.ms)),
    moreMs: median(more),
    moreMaxMs: Math.max(...more),
    failed: pairs.reduce((sum, { upgrade }) => sum + upgrade.failed, 0),
  };
  return { figures, notes: [`more, each time: ${more.map((ms) => ms.toFixed(0)).join(", ")} ms`] };
}

/** Nothing but the two calls: the new container is there already, under another name. */
async function byEngine(app: BenchApp, bootMs: number): Promise<Replacement> {
  const old = await app.serveOld(bootMs);
  const made = await app.create(`${app.container}-new`, "2", bootMs);
  await askEngine("POST", `/containers/${old}/stop`);
  await askEngine("POST", `/containers/${made}/start`);
  const answeredAtMs = await app.answers("2");
  const ms = answeredAtMs - (await app.stoppedAtMs(old));
  await app.removeContainers();
  return { ms, failed: 0 };
}

async function byUpgrade(
  { port, directory }: StartedContender,
  app: BenchApp,
  bootMs: number,
): Promise<Replacement> {
  const old = await app.serveOld(bootMs);
  const answers = await whileAsked(port, () => upgrade(directory, app));
  const ms = firstOfNew(answers) - (await app.stoppedAtMs(old));
  await app.removeContainers();
  return { ms, failed: answers.filter(({ status }) => status !== 200).length };
}

/** What users are answered with meanwhile. */
async function whileAsked(port: number, work: () => Promise<void>): Promise<ArrivedGet[]> {
  const gets = new ArrivingGets(port, APP_PATH);
  try {
    await work();
  } catch (error) {
    gets.leave();
    throw error;
  }
  return gets.finish();
}

function firstOfNew(answers: readonly ArrivedGet[]): number {
  const ofNew = answers.filter(({ version }) => version === "2").map(({ answeredAtMs }) => answeredAtMs);
  if (ofNew.length === 0) throw new Error("no request was answered by the new version");
  return Math.min(...ofNew);
}

/** As an operator does it, with nothing set that could be left out. */
async function upgrade(directory: string, app: BenchApp): Promise<void> {
  const plan = join(directory, "plan.yaml");
  writeFileSync(plan, planOf(app));
  const args = ["upgrade", plan, "--json", "--config", join(directory, "holdgate.yaml")];
  const program = new ChildProgram({ command: HOLDGATE, args, pinToContenderCore: true });
  await program.succeeds(UPGRADE_TIMEOUT_MS);
}

function planOf(app: BenchApp): string {
  return `name: replace
service: chat
targets:
  app: { container: ${app.container}, port: ${APP_PORT} }
steps:
  - hold: { lease: 2m }
  - replace: { target: app, image: "${app.image("2")}", mode: in-place }
  - healthy: { http: ${APP_PATH}, target: app, expect: { headers: { X-Version: "2" } } }
  - release: {}
`;
}
