// A host that a service answers to: a name, `*.example.com` for every name below one, or an address.

import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import type { Parsed } from "./parsed.ts";

const EXPECTED = "expected a host such as chat.example.com or *.example.com, without scheme, port or path";
const NAME =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const LONGEST_NAME = 253;

/** Lower case, and in the ASCII form in which clients send it. */
export function parseHost(text: string): Parsed<string> {
  const bracketed = /^\[(.+)\]$/.exec(text)?.[1];
  if (bracketed !== undefined && isIPv6(bracketed)) return { meaning: text.toLowerCase() };
  const name = /[^\0-\x7f]/.test(text) ? domainToASCII(text) : text.toLowerCase();
  return NAME.test(name) && name.length <= LONGEST_NAME ? { meaning: name } : { refusal: EXPECTED };
}
