// makechat with the gateway in front, and users: one upgrade by the plan of the examples. The runner is a process on the
// host, and finds the gateway by its data, which is a directory of the host, also where the gateway is a container.

import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { TestRegistry } from "../../docker/registry.ts";
import { type StandIn, standInParts } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { startHoldgate } from "../../start-holdgate.ts";
import { temporaryDirectory } from "../../temporary-directory.ts";
import { runUpgrade } from "../run-upgrade.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import {
  ADDRESSES,
  makechatApp,
  makechatWeb,
  type MakechatStage,
  NETWORK,
  openMakechat,
  TOKEN,
} from "./makechat.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../examples/plans/makechat.yaml", import.meta.url));
const SETTINGS = `services: { chat: { upstreams: { web: "http://${ADDRESSES.web}:80" } } }\n`;
/** Whom the image runs as. */
const GATEWAY_USER = 1000;
/** The part of its container's name. */
export const GATEWAY = "gateway";

export interface MakechatScene {
  stage: MakechatStage;
  registry: TestRegistry;
  dir: string;
  gateway: Gateway;
  /** Programs with the token of a user, who want JSON. */
  programs: Traffic;
  /** Browsers with the same token, which want a page. */
  browsers: Traffic;
}

export interface Gateway {
  /** On 127.0.0.1. */
  port: number;
}

export type StartGateway<Started extends Gateway = Gateway> = (
  stage: MakechatStage,
  dir: string,
) => Promise<Started>;

/** The old version serves, and users are on it. Closed with the test. */
export async function openScene(
  registry: TestRegistry,
  startGateway: StartGateway = gatewayProcess,
): Promise<MakechatScene> {
  const stage = await openMakechat();
  onTestFinished(() => stage.close());
  const dir = await temporaryDirectory();
  const gateway = await startGateway(stage, dir);
  const asUser = { port: gateway.port, clients: 2 };
  const token = { "X-Auth-Token": TOKEN };
  const programs = await startTraffic({ ...asUser, headers: { ...token, Accept: "application/json" } });
  const browsers = await startTraffic({ ...asUser, reads: "/", headers: { ...token, Accept: "text/html" } });
  return { stage, registry, dir, gateway, programs, browsers };
}

/** In a container of this image, as the head of the plan has it. */
export function gatewayIn(image: () => string): StartGateway {
  return async ({ sandbox }, dir) => {
    const data = join(dir, "data");
    await mkdir(data);
    await chown(data, GATEWAY_USER, GATEWAY_USER);
    await writeFile(join(dir, "holdgate.yaml"), SETTINGS);
    const id = await sandbox.run(GATEWAY, {
      image: image(),
      networks: [{ network: NETWORK }],
      binds: [`${data}:/data`, `${dir}/holdgate.yaml:/etc/holdgate/holdgate.yaml:ro`],
      ports: { "8080/tcp": 0 },
    });
    const inspected = await sandbox.inspect(id);
    const port = Number(inspected?.NetworkSettings.Ports["8080/tcp"]?.[0]?.HostPort);
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200));
    return { port };
  };
}

/** On the host, for what does not depend on where it runs. */
async function gatewayProcess(_stage: MakechatStage, dir: string): Promise<Gateway> {
  const gateway = await startHoldgate(dir, SETTINGS);
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  return gateway;
}

export interface UpgradeOrder {
  version: string;
  /** What is wrong with the new version of the app, or of the web container. */
  app?: StandIn["env"];
  web?: StandIn["env"];
  /** The example, changed. */
  editPlan?: (plan: string) => string;
  /** How long a new container may take to come up. */
  patience?: string;
}

/** To a version that is pushed to the registry first; what the run says, and how it ended. */
export async function upgradeTo(scene: MakechatScene, order: UpgradeOrder) {
  const { registry, dir } = scene;
  const { version, app, web, editPlan = (plan) => plan, patience = "30s" } = order;
  await push(scene, "makechat", makechatApp(version, app));
  await push(scene, "makechat-web", makechatWeb(version, web));
  await writeFile(join(dir, "makechat.yaml"), editPlan(await readFile(EXAMPLE, "utf8")));
  await writeFile(join(dir, "makechat.token"), `${TOKEN}\n`);
  const images = { app: `${registry.host}/makechat`, web: `${registry.host}/makechat-web` };
  const vars = { version, ...images, notice: "1s", patience, watch: "2s" };
  const args = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  return runUpgrade({ dir, args: ["makechat.yaml", ...args], env: { HOLDGATE_DATA_DIR: join(dir, "data") } });
}

/** With the labels of the sandbox, by which its containers and images are found and removed in the end. */
async function push({ stage, registry }: MakechatScene, name: string, image: StandIn): Promise<void> {
  const config = { ...image.config, Labels: stage.sandbox.labels };
  registry.push(name, image.version, await standInParts({ ...image, config }));
}
