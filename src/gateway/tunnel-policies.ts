// What the configuration wants of a tunnel: by the longest path prefix that says something of it, else by the service.

import type { CutoverPolicy, LossPolicy, ProtocolSettings, WebSocketSettings } from "../config/settings.ts";

type PathSettings = WebSocketSettings["paths"][string];

export function cutoverPolicyOf(settings: WebSocketSettings, path: string): CutoverPolicy {
  return closest(settings, path, (each) => each.onCutover) ?? settings.onCutover;
}

export function lossPolicyOf(settings: WebSocketSettings, path: string): LossPolicy {
  return closest(settings, path, (each) => each.onUpstreamLoss) ?? settings.onUpstreamLoss;
}

export function protocolOf(settings: WebSocketSettings, path: string): ProtocolSettings {
  return closest(settings, path, (each) => each.protocol) ?? settings.protocol;
}

/** Its messages must be seen, because some policy may move it. */
export function isSpliced(settings: WebSocketSettings, path: string): boolean {
  return cutoverPolicyOf(settings, path) === "splice" || lossPolicyOf(settings, path) === "splice";
}

function closest<Value>(
  { paths }: WebSocketSettings,
  path: string,
  pick: (settings: PathSettings) => Value | undefined,
): Value | undefined {
  let longest = "";
  for (const [prefix, settings] of Object.entries(paths)) {
    const covers = pick(settings) !== undefined && prefix.length > longest.length && isUnder(path, prefix);
    if (covers) longest = prefix;
  }
  const settings = paths[longest];
  return settings && pick(settings);
}

function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith("/") || path.length === prefix.length || path[prefix.length] === "/";
}
