import type { WebSocketSettings } from "../config/settings.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import { SplicedTunnel } from "../splice/tunnel/spliced-tunnel.ts";
import type { TunnelCount } from "./gateway-port.ts";
import { cutoverPolicyOf } from "./tunnel-policies.ts";

/** Open tunnels by what a cutover does with them, and what they speak; the largest counts first. */
export function countTunnels(
  sets: readonly Iterable<OpenTunnel>[],
  settings: WebSocketSettings,
): TunnelCount[] {
  const counts = new Map<string, TunnelCount>();
  for (const tunnel of sets.flatMap((set) => [...set])) {
    const policy = cutoverPolicyOf(settings, tunnel.path);
    const protocol = tunnel instanceof SplicedTunnel ? tunnel.protocol : null;
    const key = `${policy} ${protocol ?? ""}`;
    const known = counts.get(key) ?? { policy, protocol, count: 0 };
    known.count += 1;
    counts.set(key, known);
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}
