// One GET to an address of an upstream on a connection of its own, as health and reachability probes
// send it. Nothing is reused: a probe must tell how a new connection fares.

import { type ClientRequest, type RequestOptions, request } from "node:http";
import type { LookupFunction } from "node:net";

export interface ProbeTarget {
  /** `http://host:port` or `unix:/path`. */
  url: string;
  path: string;
  /** The Host header; null: the address itself. */
  host: string | null;
}

const UNIX_PREFIX = "unix:";

export interface ProbeOptions {
  /** Cuts the request; its errors are the caller's to hear. */
  signal?: AbortSignal;
  lookup?: LookupFunction;
}

/** Begins the request; the caller sees to its deadline. Throws when path or host are no valid HTTP. */
export function probeRequest(target: ProbeTarget, options: ProbeOptions): ClientRequest {
  const headers: Record<string, string> = {
    "user-agent": "holdgate-probe",
    accept: "*/*",
    connection: "close",
  };
  if (target.host !== null) headers.host = target.host;
  const address = addressOf(target.url);
  return request({ ...options, ...address, path: target.path, headers, agent: false }).end();
}

function addressOf(url: string): Pick<RequestOptions, "socketPath" | "host" | "port"> {
  if (url.startsWith(UNIX_PREFIX)) return { socketPath: url.slice(UNIX_PREFIX.length) };
  const { hostname, port } = new URL(url);
  // URL keeps the brackets of an IPv6 address, sockets want it without.
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? 80 : Number(port) };
}

/** The address as people know it: `172.30.1.2:8080` or `unix:/run/app.sock`. */
export function addressLabel(url: string): string {
  if (url.startsWith(UNIX_PREFIX)) return url;
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === "" ? "80" : port}`;
}
