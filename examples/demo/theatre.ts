// Everything the demo starts: the gateway, the chat app behind it, a directory for their files.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDataDir } from "./data-dir.ts";
import type { DemoOptions } from "./demo-options.ts";
import { freePort } from "./free-port.ts";
import { startGateway } from "./gateway-process.ts";
import { HostedChat } from "./hosted-chat.ts";
import { runPlan } from "./run-plan.ts";
import type { Stage } from "./stage.ts";

export interface Theatre {
  stage: Stage;
  /** Where the chat is to be found, through the gateway. */
  url: string;
  /** The command line for this gateway, as one types it here. */
  cli: string;
  close: () => Promise<void>;
}

const SERVER = fileURLToPath(new URL("../chat/server.ts", import.meta.url));

export async function openTheatre({ host, port, adminPort, once }: DemoOptions): Promise<Theatre> {
  const [publicPort, freeAdminPort] = [await freePort(host, port), await freePort("127.0.0.1", adminPort)];
  const ports = { blue: await freePort("127.0.0.1", 0), green: await freePort("127.0.0.1", 0) };
  const upstream = `http://127.0.0.1:${ports.blue}`;
  const { path: dataDir, cli, remove } = makeDataDir(once ? undefined : "data");
  // At the very end, when the processes that write there are gone, however the demo ends.
  process.once("exit", remove);
  const chat = new HostedChat(dataDir);
  const gateway = await startGateway({ host, port: publicPort, adminPort: freeAdminPort, dataDir, upstream });
  const stage = openStage(dataDir, ports, chat);
  const close = async () => {
    await gateway.stop();
    await chat.stop();
  };
  try {
    await stage.upgrade("start", { port: String(ports.blue) }, () => {});
  } catch (error) {
    await close();
    throw error;
  }
  return { stage, url: `http://127.0.0.1:${publicPort}`, cli, close };
}

function openStage(dataDir: string, ports: Stage["ports"], chat: HostedChat): Stage {
  const common = { node: process.execPath, server: SERVER, db: join(dataDir, "chat.db") };
  const config = join(dataDir, "holdgate.yaml");
  return {
    ports,
    active: "blue",
    version: "1.0.0",
    async upgrade(plan, vars, tell) {
      try {
        await runPlan({ plan, vars: { ...common, ...vars }, config, tell });
      } finally {
        await chat.remember();
      }
    },
  };
}
