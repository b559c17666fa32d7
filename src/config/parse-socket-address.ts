// Where to listen: `0.0.0.0:8080`, `[::]:8080`, `:8080`, `localhost:9180`, `unix:/run/holdgate.sock`.

import { isIP } from "node:net";
import { isInNetworks, networkList } from "../lib/networks.ts";
import { parseUnixAddress } from "./parse-unix-address.ts";
import type { Parsed } from "./parsed.ts";
import type { SocketAddress } from "./settings.ts";

const EXPECTED = "expected an address such as 0.0.0.0:8080, [::]:8080, :8080 or unix:/run/holdgate.sock";
const TCP = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/;

/** Without a host, as in `:8080`: every address of the machine, IPv4 and IPv6. */
export function parseSocketAddress(text: string): Parsed<SocketAddress> {
  if (text.startsWith("unix:")) {
    const unix = parseUnixAddress(text);
    return "meaning" in unix ? { meaning: { path: unix.meaning } } : unix;
  }
  const [, bracketed, plain, digits] = TCP.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return { refusal: EXPECTED };
  if (bracketed !== undefined && isIP(bracketed) !== 6) return { refusal: EXPECTED };
  return { meaning: { host: bracketed ?? (plain || "::"), port } };
}

const LOOPBACK = networkList(["127.0.0.0/8", "::1/128"]);

/** Whether only this machine can connect. A name other than localhost may resolve to anything: no. */
export function isLocalAddress(address: SocketAddress): boolean {
  if ("path" in address || address.host.toLowerCase() === "localhost") return true;
  return isInNetworks(address.host, LOOPBACK);
}
