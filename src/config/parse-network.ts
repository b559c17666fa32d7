// A network in CIDR form; a single address is the network that holds only that one.

import { isIP } from "node:net";
import type { Parsed } from "./parsed.ts";

const EXPECTED = "expected a network such as 10.0.0.0/8 or fd00::/8";

export function parseNetwork(text: string): Parsed<string> {
  const [, address = "", digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return { refusal: EXPECTED };
  const longest = family === 6 ? 128 : 32;
  const prefix = digits === undefined ? longest : Number(digits);
  return prefix <= longest
    ? { meaning: `${address}/${prefix}` }
    : { refusal: `expected a prefix length of at most ${longest}` };
}
