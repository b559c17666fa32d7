// Who the client is, and what we tell the upstream about it: X-Forwarded-* and Forwarded (RFC 7239).
// What a client sent under these names is believed only when it is a trusted proxy; otherwise it goes.

import { type BlockList, isIP } from "node:net";
import { isInNetworks } from "../lib/networks.ts";

/** The peer of a client connection. */
export interface Peer {
  /** An IP address without an IPv4-mapped prefix; `unix` on a unix socket. */
  address: string;
  trusted: boolean;
  /** Whether the client's connection to us is encrypted. */
  secure: boolean;
}

/** What came in under the forwarding names; empty strings when absent. */
export interface ForwardedInput {
  for: string;
  proto: string;
  host: string;
  forwarded: string;
  realIp: string;
}

export function makePeer(remoteAddress: string | undefined, secure: boolean, trusted: BlockList): Peer {
  if (remoteAddress === undefined) return { address: "unix", trusted: true, secure };
  const address = remoteAddress.startsWith("::ffff:") ? remoteAddress.slice(7) : remoteAddress;
  return { address, trusted: isInNetworks(address, trusted), secure };
}

/** The address that bounds count on: the last hop before the proxies we trust. */
export function clientAddress(peer: Peer, input: ForwardedInput, trusted: BlockList): string {
  if (!peer.trusted || input.for === "") return peer.address;
  const hops = input.for.split(",").map((hop) => hop.trim());
  for (const hop of hops.toReversed()) {
    // A hop that is no address cannot be judged: the nearest one that we know stays the client.
    if (isIP(hop) === 0) return peer.address;
    if (!isInNetworks(hop, trusted)) return hop;
  }
  return hops[0] ?? peer.address;
}

/** `http` or `https`, or what a trusted proxy says instead. */
export function forwardedProto(peer: Peer, { proto }: ForwardedInput): string {
  return (peer.trusted && proto) || (peer.secure ? "https" : "http");
}

/** The header lines that replace the incoming ones, each ending in CRLF. */
export function forwardedLines(peer: Peer, input: ForwardedInput, authority: string): string {
  const believed = peer.trusted;
  const xff = believed && input.for !== "" ? `${input.for}, ${peer.address}` : peer.address;
  const proto = forwardedProto(peer, input);
  const host = (believed && input.host) || authority;
  const element = `for=${node(peer.address)};host="${host}";proto=${proto}`;
  const forwarded = believed && input.forwarded !== "" ? `${input.forwarded}, ${element}` : element;
  const realIp = believed && input.realIp !== "" ? `X-Real-IP: ${input.realIp}\r\n` : "";
  return (
    `X-Forwarded-For: ${xff}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\n` +
    `Forwarded: ${forwarded}\r\n${realIp}`
  );
}

// RFC 7239 §6: an IPv6 address is bracketed and quoted; what is no address is an obfuscated identifier.
function node(address: string): string {
  const family = isIP(address);
  if (family === 4) return address;
  return family === 6 ? `"[${address}]"` : "_unix";
}
