// What the host is told of a request that may go: where to send it.

/** A target as http-proxy takes it: a URL, or a unix socket. */
export type ProxyTarget = string | { protocol: "http:"; host: string; port: number; socketPath: string };

export interface Admitted {
  service: string;
  /** The name of the upstream. */
  upstream: string;
  /** One of its addresses: `http://host:port` or `unix:/path`. */
  url: string;
  /** The same, for http-proxy-middleware's `router`. */
  target: ProxyTarget;
}

declare module "node:http" {
  interface IncomingMessage {
    /** Set for requests that Holdgate has admitted. */
    holdgate?: Admitted;
  }
}

export function targetOf(url: string): ProxyTarget {
  if (!url.startsWith("unix:")) return url;
  return { protocol: "http:", host: "localhost", port: 80, socketPath: url.slice("unix:".length) };
}
