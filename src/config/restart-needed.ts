// What a reload cannot change: sockets and the data directory are taken at the start.

import { isDeepStrictEqual } from "node:util";
import type { Settings } from "./settings.ts";

export type RestartKey = "listen" | "dataDir" | "admin.listen";

/** The keys whose change takes effect at the next start only. */
export function compareSettings(old: Settings, next: Settings): RestartKey[] {
  const changed: RestartKey[] = [];
  if (!isDeepStrictEqual(old.listen, next.listen)) changed.push("listen");
  if (old.dataDir !== next.dataDir) changed.push("dataDir");
  if (!isDeepStrictEqual(old.admin.listen, next.admin.listen)) changed.push("admin.listen");
  return changed;
}
