// Where messages are: in a file; and where there is a Redis, in its list too, which is then what users read.

import { askRedis } from "./redis.ts";
import type { Settings } from "./settings.ts";
import { appendLine, readMessages, type StoredMessage } from "./store.ts";

export async function keepMessage({ redis, dbFile }: Settings, message: object): Promise<void> {
  if (redis !== null) await askRedis(redis, `RPUSH messages ${JSON.stringify(message)}`);
  appendLine(dbFile, message);
}

export async function allMessages({ redis, dbFile }: Settings): Promise<StoredMessage[]> {
  if (redis === null) return readMessages(dbFile);
  const lines = (await askRedis(redis, "LRANGE messages 0 -1")).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}
