// What the configuration means, with units in the names and every default filled in. The file format
// lives in schema.ts; everybody else reads these.

/** Where to listen or connect: a TCP address or a unix socket path. */
export type SocketAddress = { host: string; port: number } | { path: string };

export interface Settings {
  listen: SocketAddress[];
  /** Absolute path. */
  dataDir: string;
  admin: { listen: SocketAddress; allowRemote: boolean };
  /** CIDRs whose X-Forwarded-* headers are believed. */
  trustedProxies: string[];
  /** false: none; true: standard output; else a file's absolute path. */
  accessLog: boolean | string;
  services: ServiceSettings[];
  shutdownGraceMs: number;
}

export interface ServiceSettings {
  name: string;
  /** Lower case; empty: any host; `*.example.com` matches every name below example.com. */
  hosts: string[];
  /** Path prefixes; the longest match wins. */
  paths: string[];
  testHosts: string[];
  /** By name, in the order of the file. */
  upstreams: Record<string, UpstreamSettings>;
  /** The upstream that is active at the first start. */
  active: string;
  hold: HoldSettings;
  release: { initial: number };
  drainTimeoutMs: number;
  webSocket: WebSocketSettings;
  maintenance: MaintenanceSettings;
  timeouts: TimeoutSettings;
  limits: LimitSettings;
}

export interface UpstreamSettings {
  /** `http://host:port` or `unix:/path`, one or more. */
  urls: string[];
  health: HealthSettings;
}

export interface HealthSettings {
  path: string;
  intervalMs: number;
  timeoutMs: number;
  /** Good probes in a row that make an upstream healthy, bad ones that make it unhealthy. */
  good: number;
  bad: number;
  status: { from: number; to: number };
  /** The Host header of the probe; null: the upstream's own address. */
  host: string | null;
  /** Where in a JSON answer the version stands, as `.version` or `.build.version`; null: not read. */
  version: string | null;
}

export interface HoldSettings {
  automatic: boolean;
  maxWaitMs: number;
  maxRequests: number;
  maxPerClient: number;
  leaseMs: number;
  onLeaseEnd: "maintenance" | "open";
}

export type CutoverPolicy = "drain" | "reconnect" | "splice";
export type LossPolicy = "reconnect" | "splice";

export interface WebSocketSettings {
  onCutover: CutoverPolicy;
  onUpstreamLoss: LossPolicy;
  protocol: string;
  wavesPerSecond: number;
  /** By path prefix, the longest match wins; what a path leaves out is the service's. */
  paths: Record<string, { onCutover?: CutoverPolicy; onUpstreamLoss?: LossPolicy; protocol?: string }>;
}

export interface MaintenanceSettings {
  message: string | null;
  retryAfterMs: number;
  /** Absolute path of an HTML file that replaces the page; null: the built-in page. */
  page: string | null;
  bypassNetworks: string[];
}

export interface TimeoutSettings {
  headMs: number;
  idleMs: number;
  bodyStallMs: number;
  connectMs: number;
  responseHeadMs: number;
  responseStallMs: number;
  idleUpstreamMs: number;
}

export interface LimitSettings {
  requestLineBytes: number;
  headBytes: number;
  headers: number;
  /** null: any size. */
  bodyBytes: number | null;
  replayBodyBytes: number;
}
