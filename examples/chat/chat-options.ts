// What the chat app can be told, by flags or, where a flag is missing, by the environment.

import { parseArgs } from "node:util";

export type ChatVersion = "1.0.0" | "2.0.0";

export interface ChatOptions {
  /** A SQLite file, or ":memory:" to keep nothing. */
  db: string;
  host?: string;
  /** 0, the default: any free port. */
  port?: number;
  version?: ChatVersion;
  /** Waits this long before it listens, like an app that migrates its data first. */
  startDelayMs?: number;
}

export function readChatOptions(args: string[], env: NodeJS.ProcessEnv): Required<ChatOptions> {
  const { values } = parseArgs({
    args,
    options: {
      db: { type: "string", default: env["CHAT_DB"] ?? ":memory:" },
      host: { type: "string", default: env["CHAT_HOST"] ?? "127.0.0.1" },
      port: { type: "string", default: env["CHAT_PORT"] ?? "0" },
      "app-version": { type: "string", default: env["CHAT_VERSION"] ?? "1.0.0" },
      "start-delay": { type: "string", default: env["CHAT_START_DELAY"] ?? "0" },
    },
  });
  return {
    db: values.db,
    host: values.host,
    port: wholeNumber("--port", values.port, 65_535),
    version: versionOf(values["app-version"]),
    startDelayMs: wholeNumber("--start-delay", values["start-delay"], 600_000),
  };
}

function versionOf(text: string): ChatVersion {
  if (text === "1.0.0" || text === "2.0.0") return text;
  throw new Error(`--app-version is "${text}": it can be 1.0.0 or 2.0.0`);
}

function wholeNumber(flag: string, text: string, highest: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= highest) return value;
  throw new Error(`${flag} is "${text}": it must be a whole number from 0 to ${highest}`);
}
