// The gateway as a process of its own, started by `bin/holdgate run` as an operator would.

import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AdminClient } from "../../src/client/admin-client.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Child } from "./child.ts";

export interface GatewayOptions {
  host: string;
  port: number;
  adminPort: number;
  dataDir: string;
  /** Where the chat app is at first, as `http://host:port`. */
  upstream: string;
}

export interface GatewayProcess {
  stop: () => Promise<void>;
}

const HOLDGATE = fileURLToPath(new URL("../../bin/holdgate", import.meta.url));
const START_DEADLINE_MS = 20_000;
const LOOK_EVERY_MS = 50;
const LOG_LINES_SHOWN = 5;

/** Resolves when the gateway answers on its admin socket. */
export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const config = join(options.dataDir, "holdgate.yaml");
  const log = join(options.dataDir, "gateway.log");
  writeFileSync(config, configOf(options));
  const logFd = openSync(log, "w");
  const child = new Child({
    command: HOLDGATE,
    args: ["run", "--config", config],
    env: ownEnvironment(),
    logFd,
  });
  closeSync(logFd);
  const path = join(options.dataDir, "admin.sock");
  const admin = new AdminClient({ target: { kind: "socket", path }, name: path }, systemClock);
  const ready = await Promise.race([answers(admin), child.exited]);
  if (ready !== true) {
    await child.stop();
    throw new Error(`the gateway did not start: ${ready || "it does not answer"}\n${tailOf(log)}`);
  }
  return { stop: () => child.stop() };
}

function configOf({ host, port, adminPort, dataDir, upstream }: GatewayOptions): string {
  return `# Written by the demo.
listen: ${host}:${port}
dataDir: ${JSON.stringify(dataDir)}
admin: { listen: "127.0.0.1:${adminPort}" }
services:
  chat:
    upstreams:
      blue: ${upstream}
    health: { path: /api/health, interval: 250ms, version: .version }
    drainTimeout: 3s
shutdown: { grace: 5s }
`;
}

/** Without HOLDGATE_*, which would win over the demo's config. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HOLDGATE_")));
}

/** False when it did not answer until the deadline. */
async function answers(admin: AdminClient): Promise<boolean> {
  const deadlineMs = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadlineMs) {
    try {
      (await admin.open({ method: "GET", path: "/admin/status" })).resume();
      return true;
    } catch {
      await delay(LOOK_EVERY_MS); // Not there yet.
    }
  }
  return false;
}

function tailOf(log: string): string {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  return lines.slice(-LOG_LINES_SHOWN).join("\n");
}
