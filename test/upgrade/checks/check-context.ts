// A check is made against the fake gateway of a context; targets and an engine are given where the check needs them.

import type { CheckContext } from "../../../src/upgrade/checks/check-context.ts";
import type { CheckResult } from "../../../src/upgrade/checks/check-result.ts";
import type { ContainerRef, TargetRef } from "../../../src/upgrade/operations/operation.ts";
import type { HttpCheck, WsCheck } from "../../../src/upgrade/plan/check.ts";
import { type TestContext, lookContext } from "../../support/upgrade/perform-context.ts";

export function checkContext<World extends TestContext>(
  world: World,
  over: Partial<Omit<CheckContext, "world">> = {},
): CheckContext & { world: World } {
  return { targets: {}, target: null, since: world.clock.wall(), metricsThen: null, ...over, world };
}

/** Over a fake gateway whose active upstream is at this URL. */
export function contextFor(active?: string, secrets: Record<string, string> = {}) {
  return checkContext(lookContext(active === undefined ? { secrets } : { active, secrets }));
}

export function httpCheck(over: Partial<HttpCheck> = {}): HttpCheck {
  return {
    kind: "http",
    url: "/api/health",
    target: null,
    method: "GET",
    headers: {},
    status: [{ from: 200, to: 299 }],
    expectHeaders: {},
    json: {},
    body: null,
    timeoutMs: 5000,
    ...over,
  };
}

export function wsCheck(over: Partial<WsCheck> = {}): WsCheck {
  const nothing = { headers: {}, subprotocol: null, say: [], expect: [] };
  return { kind: "ws", url: "/ws", target: null, timeoutMs: 5000, ...nothing, ...over };
}

/** An app that is a process of the runner. */
export function processTarget(url: string, host: string | null = null): Record<string, TargetRef> {
  return { app: { kind: "process", name: "app", url, host } };
}

export function containerTarget(
  containers: ContainerRef[],
  over: { port?: number; network?: string; host?: string } = {},
): TargetRef {
  return { kind: "containers", containers, port: null, network: null, host: null, ...over };
}

export function reasonOf(result: CheckResult): string {
  return result.ok ? "good" : result.reason;
}
