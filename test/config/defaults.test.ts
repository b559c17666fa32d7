import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Settings } from "../../src/config/settings.ts";

const MINIMAL = `
services:
  chat:
    upstreams: { blue: http://127.0.0.1:3000 }
`;

/** Written out in full: a default that changes must be changed here too, by somebody who means it. */
const DEFAULTS: Settings = {
  listen: [{ host: "0.0.0.0", port: 8080 }],
  dataDir: resolve("data"),
  admin: { listen: { host: "127.0.0.1", port: 9180 }, allowRemote: false },
  trustedProxies: [],
  audit: { maxBytes: 8 * 1024 * 1024, files: 5 },
  accessLog: null,
  requestIds: true,
  tracing: false,
  services: [
    {
      name: "chat",
      hosts: [],
      paths: ["/"],
      testHosts: [],
      candidate: { headers: {}, cookies: {} },
      upstreams: {
        blue: {
          urls: ["http://127.0.0.1:3000"],
          health: {
            path: "/",
            intervalMs: 1000,
            timeoutMs: 5000,
            good: 2,
            bad: 3,
            status: { from: 200, to: 399 },
            host: null,
            version: null,
          },
        },
      },
      active: "blue",
      hold: {
        automatic: true,
        maxWaitMs: 30_000,
        maxRequests: 10_000,
        maxPerClient: 256,
        leaseMs: 300_000,
        onLeaseEnd: "maintenance",
      },
      release: { initial: 8 },
      drainTimeoutMs: 30_000,
      webSocket: {
        onCutover: "reconnect",
        onUpstreamLoss: "reconnect",
        protocol: { name: "auto", socketIo: { rerunConnect: false, loseAcks: false } },
        splice: {
          maxBytes: 262_144,
          totalBytes: 268_435_456,
          maxMessageBytes: 67_108_864,
          onUnknown: "reconnect",
          unknownWindowMs: 1000,
        },
        wavesPerSecond: 500,
        paths: {},
      },
      maintenance: {
        message: null,
        retryAfterMs: 30_000,
        page: null,
        assets: null,
        bypassNetworks: [],
        announceBeforeMs: 86_400_000,
      },
      shellCache: { paths: [], maxBytes: 64 * 1024 * 1024 },
      timeouts: {
        headMs: 10_000,
        idleMs: 75_000,
        bodyStallMs: 30_000,
        connectMs: 2000,
        responseHeadMs: 60_000,
        responseStallMs: 300_000,
        idleUpstreamMs: 55_000,
      },
      limits: {
        requestLineBytes: 8192,
        headBytes: 32_768,
        headers: 200,
        bodyBytes: null,
        replayBodyBytes: 65_536,
      },
    },
  ],
  webhooks: [],
  shutdownGraceMs: 30_000,
};

describe("defaults", () => {
  it("a minimal file gives the documented defaults", () => {
    expect(parseConfig(MINIMAL, "holdgate.yaml", {})).toEqual(DEFAULTS);
  });

  it("the file that comes with Holdgate means the same as a minimal one", async () => {
    const shipped = fileURLToPath(new URL("../../config/holdgate.yaml", import.meta.url));
    await expect(loadConfig(shipped, {})).resolves.toEqual(DEFAULTS);
  });

  it("a section whose keys are all commented out counts as left out", () => {
    const text = `
admin:
  # listen: 127.0.0.1:9180
services:
  chat:
    upstreams: { blue: http://127.0.0.1:3000 }
    hold:
      # maxWait: 30s
    websocket: { waves: }
shutdown:
`;
    expect(parseConfig(text, "holdgate.yaml", {})).toEqual(DEFAULTS);
  });
});
