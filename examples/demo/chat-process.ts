import { fileURLToPath } from "node:url";
import type { ChatVersion } from "../chat/chat-options.ts";
import { Child } from "./child.ts";

export interface ChatProcess {
  version: ChatVersion;
  port: number;
  stop: () => Promise<void>;
}

const SERVER = fileURLToPath(new URL("../chat/server.ts", import.meta.url));

/** Resolves when the app answers. */
export async function startChatProcess(db: string, version: ChatVersion, port: number): Promise<ChatProcess> {
  const args = [SERVER, "--db", db, "--app-version", version, "--port", String(port)];
  const child = new Child({ command: process.execPath, args });
  try {
    await child.firstLine();
  } catch (cause) {
    throw new Error(`the chat app ${version} did not start on port ${port}`, { cause });
  }
  return { version, port, stop: () => child.stop() };
}
