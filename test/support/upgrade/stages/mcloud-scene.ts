// mcloud with a gateway in front, a registry that has its versions, and users: upgrades of it by the plan of the
// examples, and somebody who looks at the test host and answers.

import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { upgradesAnswer } from "../../../../src/admin/schemas/upgrade-schemas.ts";
import { callAdmin } from "../../call-admin.ts";
import type { TestRegistry } from "../../docker/registry.ts";
import { standInParts } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { type HoldgateProcess, startHoldgate } from "../../start-holdgate.ts";
import { temporaryDirectory } from "../../temporary-directory.ts";
import { UpgradeProcess } from "../run-upgrade.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import { type McloudStage, openMcloud } from "./mcloud.ts";

export const PLAN = fileURLToPath(new URL("../../../../examples/plans/mcloud.yaml", import.meta.url));
export const TEST_HOST = "testing.chat.example.com";
export const SOCKETS = 20;

/** Longer than any part of a run takes on a busy machine. */
const PATIENCE_MS = 60_000;

export interface McloudScene {
  stage: McloudStage;
  gateway: HoldgateProcess;
  traffic: Traffic;
  registry: TestRegistry;
  dir: string;
}

/** Tenant A serves, and users are on it. Closed with the test. */
export async function openScene(registry: TestRegistry): Promise<McloudScene> {
  const stage = await openMcloud();
  onTestFinished(() => stage.close());
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, settings(stage));
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const traffic = await startTraffic({ port: gateway.port, clients: 4, sockets: SOCKETS });
  return { stage, gateway, traffic, registry, dir };
}

function settings({ tenants: { tenanta, tenantb } }: McloudStage): string {
  return `services:
  app:
    hosts: [chat.example.com]
    testHosts: [${TEST_HOST}]
    upstreams: { tenanta: "${tenanta.url}", tenantb: "${tenantb.url}" }
    health: { path: /health, interval: 250ms }
    hold: { maxPerClient: 1000 }
`;
}

export interface UpgradeOrder {
  version: string;
  /** What the version does wrong, or nothing. */
  env?: Readonly<Record<string, string>>;
  /** In place of the example. */
  plan?: string;
  /** The engine's socket, when it is not the engine's own. */
  docker?: string;
  vars?: Readonly<Record<string, string>>;
}

/** To a version that is pushed to the registry first. */
export async function startUpgrade(scene: McloudScene, order: UpgradeOrder): Promise<UpgradeProcess> {
  const { version, env = {}, plan = PLAN, docker } = order;
  const { registry, dir, stage } = scene;
  // With the labels of the sandbox, by which its containers and images are found and removed in the end.
  const config = { Labels: stage.sandbox.labels };
  registry.push(stage.app, version, await standInParts({ version, env, config }));
  const { app, copier } = stage;
  const image = `${registry.host}/${app}`;
  const vars = { version, image, app, copier, patience: "30s", watch: "3s", ...order.vars };
  const args = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  const socket = docker === undefined ? [] : ["--docker", docker];
  return new UpgradeProcess({ dir, args: [plan, ...args, ...socket] });
}

export interface Ended {
  code: number | null;
  stderr: string;
  /** The last thing it said. */
  end: Record<string, unknown>;
  run: string;
}

export async function endOf(upgrade: UpgradeProcess): Promise<Ended> {
  const { code, stderr } = await upgrade.ended;
  const end = upgrade.lines.at(-1) ?? {};
  return { code, stderr, end, run: String(end["run"]) };
}

/** As soon as the run asks, somebody looks, and then answers for it. */
export async function answerWhenAsked(
  scene: McloudScene,
  upgrade: UpgradeProcess,
  answer: "continue" | "rollback",
  look: () => Promise<void> = async () => {},
): Promise<Ended> {
  const id = await eventually(() => waitingRun(scene, upgrade), PATIENCE_MS);
  await look();
  await callAdmin(scene.gateway.adminSocket, "POST", `/admin/upgrades/${id}/approve`, { answer });
  return endOf(upgrade);
}

async function waitingRun({ gateway }: McloudScene, { child, lines }: UpgradeProcess): Promise<string> {
  if (child.exitCode !== null) return `none: the run has ended (${JSON.stringify(lines.at(-1))})`;
  const { body } = await callAdmin(gateway.adminSocket, "GET", "/admin/upgrades");
  const waiting = upgradesAnswer.parse(body).upgrades.find(({ state }) => state === "waiting");
  expect(waiting).toBeDefined();
  return waiting?.id ?? "";
}

/** Approved. */
export async function upgradeTo(scene: McloudScene, order: UpgradeOrder, look?: () => Promise<void>) {
  return answerWhenAsked(scene, await startUpgrade(scene, order), "continue", look);
}

/** `holdgate upgrade --rollback`, from the example's place. */
export function rollBack({ dir }: McloudScene, run: string): Promise<Ended> {
  return endOf(new UpgradeProcess({ dir, args: ["--rollback", run] }));
}
