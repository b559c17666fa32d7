// From the checked file to settings: units into the names, paths made absolute, what upstreams share
// with their service copied to each.

import { dirname, resolve } from "node:path";
import type { Config, ServiceConfig } from "./schema.ts";
import type { HealthSettings, ServiceSettings, Settings, UpstreamSettings } from "./settings.ts";
import { webhookSettings } from "./webhook-settings.ts";
import { webSocketSettings } from "./websocket-settings.ts";

/** `dataDir` and `accessLog` are relative to the working directory, `maintenance.page` to the file. */
export function toSettings(config: Config, fileName: string): Settings {
  return {
    listen: config.listen,
    dataDir: resolve(config.dataDir),
    admin: config.admin,
    trustedProxies: config.trustedProxies,
    audit: config.audit,
    accessLog: accessLogSettings(config.accessLog),
    requestIds: config.requestIds,
    tracing: config.tracing,
    services: Object.entries(config.services).map(([name, service]) =>
      serviceSettings(name, service, dirname(resolve(fileName))),
    ),
    webhooks: webhookSettings(config, dirname(resolve(fileName))),
    shutdownGraceMs: config.shutdown.grace,
  };
}

function accessLogSettings(written: Config["accessLog"]): Settings["accessLog"] {
  if (written === false) return null;
  if (written === true) return { file: null, format: "json" };
  const { file, format } = typeof written === "string" ? { file: written, format: "json" as const } : written;
  return { file: file === null ? null : resolve(file), format };
}

function serviceSettings(name: string, service: ServiceConfig, pageBase: string): ServiceSettings {
  const { hosts, paths, testHosts, candidate, release, drainTimeout, hold, websocket, maintenance } = service;
  return {
    name,
    hosts,
    paths,
    testHosts,
    candidate,
    upstreams: upstreamSettings(service),
    active: service.active ?? Object.keys(service.upstreams)[0] ?? "",
    hold: {
      automatic: hold.automatic,
      maxWaitMs: hold.maxWait,
      maxRequests: hold.maxRequests,
      maxPerClient: hold.maxPerClient,
      leaseMs: hold.lease,
      onLeaseEnd: hold.onLeaseEnd,
    },
    release,
    drainTimeoutMs: drainTimeout,
    webSocket: webSocketSettings(websocket),
    maintenance: {
      message: maintenance.message,
      retryAfterMs: maintenance.retryAfter,
      page: maintenance.page === null ? null : resolve(pageBase, maintenance.page),
      assets: maintenance.assets === null ? null : resolve(pageBase, maintenance.assets),
      bypassNetworks: maintenance.bypass.networks,
      announceBeforeMs: maintenance.announceBefore,
    },
    shellCache: service.shellCache,
    timeouts: timeoutSettings(service),
    limits: limitSettings(service),
  };
}

function upstreamSettings(service: ServiceConfig): Record<string, UpstreamSettings> {
  return Object.fromEntries(
    Object.entries(service.upstreams).map(([name, { urls, health }]) => [
      name,
      { urls, health: healthSettings({ ...service.health, ...health }) },
    ]),
  );
}

function healthSettings({ interval, timeout, ...health }: ServiceConfig["health"]): HealthSettings {
  return { ...health, intervalMs: interval, timeoutMs: timeout };
}

function timeoutSettings({ timeouts }: ServiceConfig): ServiceSettings["timeouts"] {
  return {
    headMs: timeouts.head,
    idleMs: timeouts.idle,
    bodyStallMs: timeouts.bodyStall,
    connectMs: timeouts.connect,
    responseHeadMs: timeouts.responseHead,
    responseStallMs: timeouts.responseStall,
    idleUpstreamMs: timeouts.idleUpstream,
  };
}

function limitSettings({ limits }: ServiceConfig): ServiceSettings["limits"] {
  return {
    requestLineBytes: limits.requestLine,
    headBytes: limits.head,
    headers: limits.headers,
    bodyBytes: limits.body,
    replayBodyBytes: limits.replayBody,
  };
}
