// Chatalot with a gateway in front, a registry that has its versions, and users: one upgrade of it, by the plan of the
// examples.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { TestRegistry } from "../../docker/registry.ts";
import { standInParts } from "../../docker/stand-in-image.ts";
import { type HoldgateProcess, startHoldgate } from "../../start-holdgate.ts";
import { temporaryDirectory } from "../../temporary-directory.ts";
import { whyLeftOut } from "../../requirements.ts";
import { claimNames } from "../claim-names.ts";
import { runUpgrade } from "../run-upgrade.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import { type ChatalotStage, IMAGE_CONFIG, openChatalot } from "./chatalot.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../examples/plans/chatalot.yaml", import.meta.url));
export const SOCKETS = 60;
export const WAVE_PER_SECOND = 60;
const CLAIM_MS = 300_000;
const CLOSE_MS = 60_000;

/** What a version does wrong, or nothing. */
export type VersionEnv = Readonly<Record<string, string>>;

export interface ChatalotScene {
  stage: ChatalotStage;
  gateway: HoldgateProcess;
  traffic: Traffic;
  registry: TestRegistry;
  dir: string;
}

/** Of all tests of a file that plays Chatalot: its names are an engine's only once. @returns opens a scene */
export function playChatalot(): () => Promise<ChatalotScene> {
  const leftOut = whyLeftOut("docker");
  let registry: TestRegistry;
  let release = (): void => {};
  beforeAll(async () => {
    if (leftOut !== null) return;
    release = await claimNames("chatalot");
    registry = await TestRegistry.start();
  }, CLAIM_MS);
  afterAll(() => {
    registry?.close();
    release();
  });
  beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
  return () => openScene(registry);
}

/** The old version serves, and users are on it. Closed with the test. */
async function openScene(registry: TestRegistry): Promise<ChatalotScene> {
  const stage = await openChatalot();
  onTestFinished(() => stage.close(), CLOSE_MS);
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, settings(stage.port));
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const traffic = await startTraffic({ port: gateway.port, clients: 4, sockets: SOCKETS });
  return { stage, gateway, traffic, registry, dir };
}

function settings(port: number): string {
  return `services:
  chat:
    upstreams: { blue: "http://127.0.0.1:${port}" }
    health: { path: /api/health }
    hold: { maxPerClient: 1000, maxWait: 50s }
    websocket: { waves: { perSecond: ${WAVE_PER_SECOND} } }
`;
}

export interface UpgradeOrder {
  version: string;
  env?: VersionEnv;
  /** The example, changed. */
  editPlan?: (plan: string) => string;
  vars?: Readonly<Record<string, string>>;
}

/** To a version that is pushed to the registry first. */
export async function upgradeTo(scene: ChatalotScene, order: UpgradeOrder): Promise<UpgradeEnd> {
  const { version, env = {}, editPlan = (plan) => plan } = order;
  const { registry, dir, stage } = scene;
  // With the labels of the sandbox, by which its containers and images are found and removed in the end.
  const config = { ...IMAGE_CONFIG, Labels: stage.sandbox.labels };
  registry.push("chatalot", version, await standInParts({ version, env, config }));
  const plan = join(dir, "chatalot.yaml");
  await writeFile(plan, editPlan(await readFile(EXAMPLE, "utf8")));
  const image = `${registry.host}/chatalot`;
  const vars = { version, image, notice: "100ms", patience: "20s", watch: "2s", ...order.vars };
  const args = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  return operate(scene, [plan, ...args]);
}

/** How a run ended, as the operator sees it. */
export interface UpgradeEnd {
  code: number | null;
  stderr: string;
  run: string;
  state: string;
  message: string;
  lost: string | null;
}

/** `holdgate upgrade` with these arguments, to its end. */
export async function operate({ dir }: ChatalotScene, args: readonly string[]): Promise<UpgradeEnd> {
  const { code, stderr, lines } = await runUpgrade({ dir, args });
  const { run, state, message, lost } = lines.at(-1) ?? {};
  const said = { run: String(run), state: String(state), message: String(message) };
  return { code, stderr, ...said, lost: typeof lost === "string" ? lost : null };
}
