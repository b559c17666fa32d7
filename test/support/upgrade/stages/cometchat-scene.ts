// CometChat with a gateway in front of its edge, a registry that has its versions, and users: one upgrade of it, by the
// plan of the examples.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { TestRegistry } from "../../docker/registry.ts";
import { whyLeftOut } from "../../requirements.ts";
import { type HoldgateProcess, startHoldgate } from "../../start-holdgate.ts";
import { temporaryDirectory } from "../../temporary-directory.ts";
import { claimNames } from "../claim-names.ts";
import { UpgradeProcess } from "../run-upgrade.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import {
  type CometChatStage,
  openCometChat,
  pushVersion,
  type ServiceName,
  type StageOptions,
} from "./cometchat.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../examples/plans/cometchat.yaml", import.meta.url));
export const SOCKETS = 40;
const CLAIM_MS = 300_000;
const CLOSE_MS = 60_000;

export interface CometChatScene {
  stage: CometChatStage;
  gateway: HoldgateProcess;
  /** Of the API and on WebSockets. */
  traffic: Traffic;
  /** Of the other two services. */
  others: Traffic;
  dir: string;
}

/** Of all tests of a file that plays CometChat: its names are an engine's only once. @returns opens a scene */
export function playCometChat(): (options?: StageOptions) => Promise<CometChatScene> {
  const leftOut = whyLeftOut("swarm");
  let registry: TestRegistry;
  let release = (): void => {};
  beforeAll(async () => {
    if (leftOut !== null) return;
    release = await claimNames("cometchat");
    registry = await TestRegistry.start();
  }, CLAIM_MS);
  afterAll(() => {
    registry?.close();
    release();
  });
  beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
  return (options) => openScene(registry, options);
}

/** The old version serves, and users are on it. Closed with the test. */
async function openScene(registry: TestRegistry, options?: StageOptions): Promise<CometChatScene> {
  const stage = await openCometChat(registry, options);
  onTestFinished(() => stage.close(), CLOSE_MS);
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, settings(stage.port));
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const { port } = gateway;
  const pauseMs = 80;
  const api = { port, pauseMs, reads: "/api/version", writes: "/api/messages" };
  const traffic = await startTraffic({ ...api, clients: 4, sockets: SOCKETS, wsPath: "/v1/ws" });
  const rest = { reads: "/mgmt/version", writes: "/notifications/messages" };
  const others = await startTraffic({ port, pauseMs, ...rest, clients: 1 });
  return { stage, gateway, traffic, others, dir };
}

function settings(port: number): string {
  return `services:
  chat:
    upstreams: { blue: "http://127.0.0.1:${port}" }
    health: { path: /api/health-check }
    hold: { maxPerClient: 1000 }
`;
}

export interface UpgradeOrder {
  version: string;
  /** By service: what its new image does wrong, or else. */
  env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Whose image never came to the registry. */
  missing?: ServiceName;
  vars?: Readonly<Record<string, string>>;
}

const NEW_SCHEMA = { SCHEMA_VERSION: "2" };

/** Of a version that is pushed to the registry first, in a process of its own. */
export async function beginUpgrade(scene: CometChatScene, order: UpgradeOrder): Promise<UpgradeProcess> {
  const { version, env = {}, missing } = order;
  const { stage, dir } = scene;
  const { registry, sandbox } = stage;
  const envOf = (name: ServiceName): Record<string, string> => ({ ...NEW_SCHEMA, ...env[name] });
  await pushVersion(registry, sandbox, version, envOf, missing);
  const plan = join(dir, "cometchat.yaml");
  await writeFile(plan, await readFile(EXAMPLE, "utf8"));
  const short = { notice: "100ms", watch: "2s", monitor: "1s", pause: "500ms" };
  const vars = { version, registry: `${registry.host}/cometchat`, ...short, ...order.vars };
  const args = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  return new UpgradeProcess({ dir, args: [plan, ...args] });
}

/** How a run ended, as the operator sees it. */
export interface UpgradeEnd {
  code: number | null;
  stderr: string;
  run: string;
  state: string;
  message: string;
}

export async function endOf(upgrade: UpgradeProcess): Promise<UpgradeEnd> {
  const { code, stderr } = await upgrade.ended;
  const { run, state, message } = upgrade.lines.at(-1) ?? {};
  return { code, stderr, run: String(run), state: String(state), message: String(message) };
}

export async function upgradeTo(scene: CometChatScene, order: UpgradeOrder): Promise<UpgradeEnd> {
  return endOf(await beginUpgrade(scene, order));
}

/** Nothing more is sent, and all that was sent is answered. */
export async function stopTraffic({ traffic, others }: CometChatScene): Promise<void> {
  await Promise.all([traffic.goesOn(20), others.goesOn(5)]);
  await Promise.all([traffic.stop(), others.stop()]);
}
