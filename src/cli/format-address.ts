import type { SocketAddress } from "../config/settings.ts";

/** As it would stand in the config: `0.0.0.0:8080`, `[::1]:8080`, `unix:/run/holdgate.sock`. */
export function formatAddress(address: SocketAddress): string {
  if ("path" in address) return `unix:${address.path}`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
