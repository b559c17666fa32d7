// Everything the demo starts: the chat app, the gateway in front of it, a directory for their files.

import { join } from "node:path";
import { startChatProcess } from "./chat-process.ts";
import { makeDataDir } from "./data-dir.ts";
import type { DemoOptions } from "./demo-options.ts";
import { freePort } from "./free-port.ts";
import { startGateway } from "./gateway-process.ts";
import type { Stage } from "./stage.ts";

export interface Theatre {
  stage: Stage;
  /** Where the chat is to be found, through the gateway. */
  url: string;
  /** The command line for this gateway, as one types it here. */
  cli: string;
  close: () => Promise<void>;
}

export async function openTheatre({ host, port, adminPort, once }: DemoOptions): Promise<Theatre> {
  const [publicPort, freeAdminPort] = [await freePort(host, port), await freePort("127.0.0.1", adminPort)];
  const ports = { blue: await freePort("127.0.0.1", 0), green: await freePort("127.0.0.1", 0) };
  const upstream = `http://127.0.0.1:${ports.blue}`;
  const { path: dataDir, cli, remove } = makeDataDir(once ? undefined : "data");
  // At the very end, when the processes that write there are gone, however the demo ends.
  process.once("exit", remove);
  const startChat: Stage["startChat"] = (version, port) =>
    startChatProcess(join(dataDir, "chat.db"), version, port);
  const app = await startChat("1.0.0", ports.blue);
  const gateway = await startGateway({ host, port: publicPort, adminPort: freeAdminPort, dataDir, upstream });
  const stage: Stage = {
    admin: gateway.admin,
    startChat,
    ports,
    active: "blue",
    app,
    known: new Set(["blue"]),
  };
  const close = async () => {
    await gateway.stop();
    await stage.app.stop();
  };
  return { stage, url: `http://127.0.0.1:${publicPort}`, cli, close };
}
