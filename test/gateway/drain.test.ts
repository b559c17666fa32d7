import { expect, test } from "vitest";
import { Drain } from "../../src/gateway/drain.ts";
import { Tunnel } from "../../src/proxy/tunnel.ts";
import { DeadlineSweep } from "../../src/proxy/deadline-sweep.ts";
import { Upstream } from "../../src/proxy/upstream.ts";
import { ManualClock } from "../support/manual-clock.ts";

const TIMEOUTS = { connectMs: 2000, responseHeadMs: 60_000, responseStallMs: 0, idleUpstreamMs: 55_000 };

test("a drain whose last tunnel ends with the first wave is over, and cuts nothing later", () => {
  const clock = new ManualClock();
  const sweep = new DeadlineSweep(clock);
  const upstream = new Upstream({ name: "blue", urls: ["http://127.0.0.1:1"], timeouts: TIMEOUTS, sweep });
  const tunnel: Tunnel = Object.create(Tunnel.prototype);
  upstream.tunnels.add(tunnel);
  let finished = 0;
  const drain: Drain = new Drain({
    clock,
    upstream,
    timeoutMs: 30_000,
    policyOf: () => "reconnect",
    closeInWaves: (tunnels) => {
      for (const each of tunnels) upstream.tunnels.delete(each);
      drain.check();
    },
    onRecalled: () => {},
    onFinished: () => finished++,
  });
  drain.start();
  expect(finished).toBe(1);
  expect(clock.pendingTimers).toBe(0);
});
