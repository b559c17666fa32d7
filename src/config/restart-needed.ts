// What a reload cannot change: sockets, files and whom to believe are settled at the start.

import { isDeepStrictEqual } from "node:util";
import type { Settings } from "./settings.ts";

const KEYS = [
  ["listen", (settings: Settings): unknown => settings.listen],
  ["dataDir", (settings: Settings): unknown => settings.dataDir],
  ["admin.listen", (settings: Settings): unknown => settings.admin.listen],
  ["trustedProxies", (settings: Settings): unknown => settings.trustedProxies],
  ["audit", (settings: Settings): unknown => settings.audit],
  ["accessLog", (settings: Settings): unknown => settings.accessLog],
  ["requestIds", (settings: Settings): unknown => settings.requestIds],
  ["tracing", (settings: Settings): unknown => settings.tracing],
] as const;

export type RestartKey = (typeof KEYS)[number][0];

/** The keys whose change takes effect at the next start only. */
export function compareSettings(old: Settings, next: Settings): RestartKey[] {
  return KEYS.flatMap(([key, pick]) => (isDeepStrictEqual(pick(old), pick(next)) ? [] : [key]));
}
