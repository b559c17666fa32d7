// Settings, states and a gateway that only remembers, for the tests of control.

import type { ServiceSettings, Settings, UpstreamSettings } from "../../src/config/settings.ts";
import { decide } from "../../src/control/commands.ts";
import type { Command } from "../../src/control/commands.ts";
import type { StateEvent } from "../../src/control/decision.ts";
import { initialState } from "../../src/control/state.ts";
import type { ServiceState, State } from "../../src/control/state.ts";
import type { GatewaySnapshot } from "../../src/gateway/snapshot.ts";

/** The time of the commands, milliseconds since 1970. */
export const NOW = Date.UTC(2026, 0, 1);

export function upstreamSettings(url: string): UpstreamSettings {
  return {
    urls: [url],
    health: {
      path: "/",
      intervalMs: 1_000,
      timeoutMs: 5_000,
      good: 2,
      bad: 3,
      status: { from: 200, to: 399 },
      host: null,
      version: null,
    },
  };
}

const WEB_SOCKET: ServiceSettings["webSocket"] = {
  onCutover: "reconnect",
  onUpstreamLoss: "reconnect",
  protocol: { name: "auto", socketIo: { rerunConnect: false, loseAcks: false } },
  splice: {
    maxBytes: 262_144,
    totalBytes: 268_435_456,
    maxMessageBytes: 67_108_864,
    onUnknown: "reconnect",
    unknownWindowMs: 1_000,
  },
  wavesPerSecond: 500,
  paths: {},
};

export function serviceSettings(name: string, change: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    name,
    hosts: [],
    paths: ["/"],
    testHosts: [],
    candidate: { headers: {}, cookies: {} },
    upstreams: {
      blue: upstreamSettings("http://127.0.0.1:3001"),
      green: upstreamSettings("http://127.0.0.1:3002"),
      red: upstreamSettings("http://127.0.0.1:3003"),
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
    webSocket: WEB_SOCKET,
    maintenance: {
      message: "Back soon",
      retryAfterMs: 30_000,
      page: null,
      assets: null,
      bypassNetworks: [],
      announceBeforeMs: 3_600_000,
    },
    shellCache: { paths: [], maxBytes: 64 * 1024 * 1024 },
    timeouts: {
      headMs: 10_000,
      idleMs: 75_000,
      bodyStallMs: 30_000,
      connectMs: 2_000,
      responseHeadMs: 60_000,
      responseStallMs: 300_000,
      idleUpstreamMs: 55_000,
    },
    limits: {
      requestLineBytes: 8_192,
      headBytes: 32_768,
      headers: 200,
      bodyBytes: null,
      replayBodyBytes: 65_536,
    },
    ...change,
  };
}

/** One service `chat` with the upstreams blue (active), green and red. */
export function testSettings(services = [serviceSettings("chat")], dataDir = "/nonexistent"): Settings {
  return {
    listen: [{ host: "127.0.0.1", port: 0 }],
    dataDir,
    admin: { listen: { host: "127.0.0.1", port: 0 }, allowRemote: false },
    trustedProxies: [],
    audit: { maxBytes: 8 * 1024 * 1024, files: 5 },
    accessLog: null,
    requestIds: true,
    tracing: false,
    services,
    webhooks: [],
    shutdownGraceMs: 30_000,
  };
}

/** The initial state with `change` in the service `chat`. */
export function chatState(change: Partial<ServiceState> = {}): State {
  const state = initialState(testSettings());
  return { ...state, services: { chat: { ...chatOf(state), ...change } } };
}

export function chatOf(state: State): ServiceState {
  const chat = state.services["chat"];
  if (!chat) throw new Error("the state has no service chat");
  return chat;
}

/** What a command came to, for one look: what chat is then and the events, or the code of the refusal. */
export function outcomeOf(
  state: State,
  command: Command,
  settings = testSettings(),
): { chat: ServiceState; version: number; events: StateEvent[] } | { code: string; message: string } {
  const decision = decide(state, command, settings);
  if (!decision.ok) return { code: decision.code, message: decision.message };
  return { chat: chatOf(decision.state), version: decision.state.version, events: decision.events };
}

export class RecordingGateway {
  readonly applied: GatewaySnapshot[] = [];

  apply(snapshot: GatewaySnapshot): void {
    this.applied.push(snapshot);
  }

  get last(): GatewaySnapshot | undefined {
    return this.applied.at(-1);
  }
}
