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
  audit: { maxBytes: number; files: number };
  /** null: none. */
  accessLog: AccessLogSettings | null;
  /** Whether X-Request-Id and traceparent are made for requests that have none. */
  requestIds: boolean;
  tracing: boolean;
  services: ServiceSettings[];
  webhooks: WebhookSettings[];
  shutdownGraceMs: number;
}

/** Where a secret stands. */
export type SecretSource = { env: string } | { /** Absolute path. */ file: string };

export interface WebhookSettings {
  name: string;
  url: string | SecretSource;
  secret: SecretSource | null;
  /** Names of events, without patterns. */
  events: string[];
  /** Empty: all. */
  services: string[];
  format: "event" | "chat";
  timeoutMs: number;
  retries: number;
}

/** What leads to the candidate: names with their exact values, those of headers in lower case. */
export interface CandidateSettings {
  headers: Record<string, string>;
  cookies: Record<string, string>;
}

export interface AccessLogSettings {
  /** Absolute path; null: standard output. */
  file: string | null;
  format: "json" | "combined";
}

export interface ServiceSettings {
  name: string;
  /** Lower case; empty: any host; `*.example.com` matches every name below example.com. */
  hosts: string[];
  /** Path prefixes; the longest match wins. */
  paths: string[];
  testHosts: string[];
  candidate: CandidateSettings;
  /** By name, in the order of the file. */
  upstreams: Record<string, UpstreamSettings>;
  /** The upstream that is active at the first start. */
  active: string;
  hold: HoldSettings;
  release: { initial: number };
  drainTimeoutMs: number;
  webSocket: WebSocketSettings;
  maintenance: MaintenanceSettings;
  shellCache: ShellCacheSettings;
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
  protocol: ProtocolSettings;
  splice: SpliceSettings;
  wavesPerSecond: number;
  /** By path prefix, the longest match wins; what a path leaves out is the service's. A `protocol` is complete. */
  paths: Record<
    string,
    { onCutover?: CutoverPolicy; onUpstreamLoss?: LossPolicy; protocol?: ProtocolSettings }
  >;
}

/** What is spoken inside a WebSocket: `auto`, the name of a protocol, or `custom` with its description. */
export type ProtocolSettings =
  | { name: Exclude<ProtocolName, "socket.io"> }
  /** With `auto`, for a tunnel in which Socket.IO is recognised. */
  | { name: "auto" | "socket.io"; socketIo: SocketIoSettings }
  | {
      name: "custom";
      replay: MessageSelection | null;
      swallow: MessageSelection | null;
      heartbeat: { everyMs: number; message: string } | null;
    };

export interface SocketIoSettings {
  /** A client that was moved hears of its new session, and runs its `connect` handlers again. */
  rerunConnect: boolean;
  /** A client is moved though it waits for acknowledgements, which do not come then. */
  loseAcks: boolean;
}

/** The first so many messages of a side, or those that match a pattern with `*`. */
export type MessageSelection = { first: number } | { match: string };

/** The registry in src/splice/protocols has the same. */
export const PROTOCOL_NAMES = [
  "plain",
  "first-message",
  "socket.io",
  "actioncable",
  "phoenix",
  "graphql-transport-ws",
  "stomp",
  "mqtt",
  "mattermost",
  "chatalot",
  "sockjs",
  "signalr",
  "xmpp",
] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

export interface SpliceSettings {
  /** What is kept of one client, and of all those of the service, while there is no upstream for them. */
  maxBytes: number;
  totalBytes: number;
  /** Of one message. */
  maxMessageBytes: number;
  /** What becomes of a client whose last messages may be lost. */
  onUnknown: "reconnect" | "keep";
  unknownWindowMs: number;
}

export interface MaintenanceSettings {
  message: string | null;
  retryAfterMs: number;
  /** Absolute path of an HTML file that replaces the page; null: the built-in page. */
  page: string | null;
  /** Absolute path of a directory of files for it; null: none. */
  assets: string | null;
  bypassNetworks: string[];
  /** How long before a window users are told of it; 0: not. */
  announceBeforeMs: number;
}

export interface ShellCacheSettings {
  /** Of requests; `*` stands for anything. Empty: nothing is kept. */
  paths: string[];
  maxBytes: number;
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
