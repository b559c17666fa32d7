// What may come hundreds of times a second, or thousands at once. It is kept apart from the rest, and a listener that
// cannot follow is spared some of it.

import type { GatewayEvent } from "../gateway/gateway-port.ts";

const FREQUENT: ReadonlySet<string> = new Set<GatewayEvent["type"]>([
  "wave",
  "tunnel_moved",
  "tunnel_given_up",
]);

export function isFrequent(type: string): boolean {
  return FREQUENT.has(type);
}
