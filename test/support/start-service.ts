// One service inside a gateway without control: snapshots come straight from the test.

import { parseConfig } from "../../src/config/parse-config.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-port.ts";
import type { Service } from "../../src/gateway/service.ts";
import type { Canary, Mode, Slots } from "../../src/gateway/snapshot.ts";
import { ManualClock } from "./manual-clock.ts";

export interface StartServiceOptions {
  /** By name; the first is active. */
  upstreams: Record<string, string | { urls: string[] }>;
  /** YAML lines (indented by four spaces) for the service. */
  service?: string;
}

export interface StartedService {
  port: number;
  service: Service;
  clock: ManualClock;
  events: GatewayEvent[];
  /** What is left out stays as it is. */
  apply: (change: { mode?: Mode["name"]; slots?: Partial<Slots>; canary?: Canary | null }) => void;
  close: () => void;
}

export async function startService(options: StartServiceOptions): Promise<StartedService> {
  const yaml = `services:\n  chat:\n    upstreams: ${JSON.stringify(options.upstreams)}\n${options.service ?? ""}`;
  const [settings] = parseConfig(yaml, "test.yaml", {}).services;
  if (!settings) throw new Error("there is no service");
  const clock = new ManualClock();
  const events: GatewayEvent[] = [];
  const gateway = new Gateway({ clock, trustedProxies: [], onEvent: (event) => events.push(event) });
  let mode: Mode = { name: "open" };
  let slots: Slots = { active: settings.active, candidate: null, previous: null };
  let canary: Canary | null = null;
  let version = 0;
  const apply: StartedService["apply"] = (change) => {
    if (change.mode) mode = modeOf(change.mode, clock.wall(), settings.hold.maxWaitMs);
    slots = { ...slots, ...change.slots };
    if (change.canary !== undefined) canary = change.canary;
    const { upstreams } = settings;
    const chat = { name: "chat", settings, upstreams, mode, slots, canary, notice: null };
    gateway.apply({ version: ++version, services: [chat] });
  };
  apply({});
  await gateway.listen([{ host: "127.0.0.1", port: 0 }]);
  const [bound] = gateway.status().listening;
  const service = gateway.service("chat");
  if (!bound || !("port" in bound) || !service) throw new Error("the gateway did not start");
  return { port: bound.port, service, clock, events, apply, close: () => gateway.destroy() };
}

const LEASE_MS = 3_600_000;

function modeOf(name: Mode["name"], since: number, maxWaitMs: number): Mode {
  switch (name) {
    case "open":
      return { name };
    case "hold":
      return { name, since, leaseEndsAt: since + LEASE_MS, onLeaseEnd: "maintenance", maxWaitMs };
    case "maintenance":
      return { name, since, message: null, expectedEnd: null, retryAfterMs: 30_000 };
  }
}
