// Utilitarian with a gateway in front, a registry with a robot account, users and meters: one upgrade of it, by the plan
// of the examples.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { TestRegistry } from "../../docker/registry.ts";
import { type StandIn, standInParts } from "../../docker/stand-in-image.ts";
import { type HoldgateProcess, startHoldgate } from "../../start-holdgate.ts";
import { temporaryDirectory } from "../../temporary-directory.ts";
import { runUpgrade } from "../run-upgrade.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import { type EngineEvent, watchEngine } from "../watch-engine.ts";
import { HOST, utilitarian, type UtilitarianStage } from "./utilitarian.ts";
import { type Meters, startMeters } from "./utilitarian/meters.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../examples/plans/utilitarian.yaml", import.meta.url));
const ROBOT = "pwit+robot";
export const PASSWORD = "of-the-robot-9f31c2";

export interface UtilitarianScene {
  stage: UtilitarianStage;
  gateway: HoldgateProcess;
  registry: TestRegistry;
  traffic: Traffic;
  meters: Meters;
  /** From the beginning of the traffic. */
  events: EngineEvent[];
  dir: string;
}

/** As quay.io is for Utilitarian: nobody gets an image who has no password. */
export async function startRegistry(): Promise<TestRegistry> {
  const registry = await TestRegistry.start();
  registry.credentials = { username: ROBOT, password: PASSWORD };
  return registry;
}

/** The old version serves, and users and meters are on it. Closed with the test, but for the stage. */
export async function openScene(registry: TestRegistry, stage: UtilitarianStage): Promise<UtilitarianScene> {
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, settings(stage.ports.api));
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const events = await watchEngine(stage.sandbox);
  const meters = startMeters(stage.ports.edge);
  const traffic = await startTraffic({ port: gateway.port, headers: { Host: HOST }, pauseMs: 50 });
  return { stage, gateway, registry, traffic, meters, events, dir };
}

function settings(port: number): string {
  return `services:
  api:
    upstreams: { blue: "http://127.0.0.1:${port}" }
    health: { path: /_health/, host: ${HOST} }
`;
}

export interface UpgradeOrder {
  version: string;
  /** What is wrong with it, or nothing. */
  env?: StandIn["env"];
  /** The example, changed. */
  editPlan?: (plan: string) => string;
  vars?: Readonly<Record<string, string>> | undefined;
  password?: string;
}

/** To a version that is pushed to the registry first; what it says, and how it ended. */
export async function upgradeTo({ stage, registry, dir }: UtilitarianScene, order: UpgradeOrder) {
  const { version, env, editPlan = (plan) => plan, password = PASSWORD } = order;
  const image = utilitarian(version, env);
  // With the labels of the sandbox, by which its containers and images are found and removed in the end.
  const config = { ...image.config, Labels: stage.sandbox.labels };
  registry.push("pwit/utilitarian", version, await standInParts({ ...image, config }));
  await writeFile(join(dir, "quay.password"), `${password}\n`, { mode: 0o600 });
  const plan = join(dir, "utilitarian.yaml");
  // The registry is named twice, once as a key.
  const example = (await readFile(EXAMPLE, "utf8")).replaceAll("quay.io", registry.host);
  await writeFile(plan, editPlan(example));
  const vars = { version, notice: "500ms", patience: "6s", watch: "2s", ...order.vars };
  const args = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  return runUpgrade({ dir, args: [plan, ...args] });
}
