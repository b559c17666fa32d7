// A service with blue active and green as its candidate, both answering with their names, for tests of where
// clients go.

import { expect, onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { type KeepAliveClient, openClient } from "./keep-alive-client.ts";
import { type Arrival, type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";
import { startService, type StartedService } from "./start-service.ts";

/** Healthy with the first good probe, unhealthy with the first bad one. */
export const QUICK_HEALTH = "    health: { interval: 1s, good: 1, bad: 1 }";

export interface StartedCanary extends StartedService {
  blue: ScriptedUpstream;
  green: ScriptedUpstream;
  canary: (percent: number) => void;
  greenIs: (state: "healthy" | "unhealthy") => Promise<void>;
  connections: (count: number) => Promise<KeepAliveClient[]>;
}

/** A request for a target that begins with `/waits` waits for the test. */
export async function startCanary(service = ""): Promise<StartedCanary> {
  const answering = (name: string) => (arrival: Arrival) => {
    if (!arrival.target.startsWith("/waits")) arrival.answer(200, name);
  };
  const blue = await startScriptedUpstream({ onArrival: answering("blue") });
  const green = await startScriptedUpstream({ onArrival: answering("green") });
  const upstreams = { blue: blue.url, green: green.url };
  const started = await startService({ upstreams, service: `${QUICK_HEALTH}\n${service}` });
  onTestFinished(() => started.close());
  started.apply({ slots: { candidate: "green" } });
  const greenIs = async (state: "healthy" | "unhealthy"): Promise<void> =>
    eventually(() => {
      started.clock.advance(500);
      expect(started.service.health("green").state).toBe(state);
    });
  await greenIs("healthy");
  return {
    ...started,
    blue,
    green,
    greenIs,
    canary: (percent) => started.apply({ canary: { percent, since: 1_234_567 } }),
    connections: (count) => Promise.all(Array.from({ length: count }, () => openClient(started.port))),
  };
}
