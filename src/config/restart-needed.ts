// What a reload cannot change: sockets, files and whom to believe are settled at the start.

import { isDeepStrictEqual } from "node:util";
import type { Settings } from "./settings.ts";

export type RestartKey = "listen" | "dataDir" | "admin.listen" | "trustedProxies" | "accessLog";

/** The keys whose change takes effect at the next start only. */
export function compareSettings(old: Settings, next: Settings): RestartKey[] {
  const changed: RestartKey[] = [];
  if (!isDeepStrictEqual(old.listen, next.listen)) changed.push("listen");
  if (old.dataDir !== next.dataDir) changed.push("dataDir");
  if (!isDeepStrictEqual(old.admin.listen, next.admin.listen)) changed.push("admin.listen");
  if (!isDeepStrictEqual(old.trustedProxies, next.trustedProxies)) changed.push("trustedProxies");
  if (old.accessLog !== next.accessLog) changed.push("accessLog");
  return changed;
}
