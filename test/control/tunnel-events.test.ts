// A cutover of thousands of tunnels, as those see it who listen, who read the log, and who read the audit log.

import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Control } from "../../src/control/control.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-port.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RecordingGateway, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const service = "chat";
const MOVED: GatewayEvent = {
  type: "tunnel_moved",
  service,
  protocol: "socket.io",
  upstream: "green",
  gapMs: 40,
};
const GIVEN_UP: GatewayEvent = {
  type: "tunnel_given_up",
  service,
  protocol: "plain",
  reason: "unsure",
  detail: "it spoke 300 ms before",
};
const DRAINED: GatewayEvent = { type: "drain_finished", service, upstream: "blue", cut: 0 };

async function opened() {
  const lines: string[] = [];
  const keep = (_fields: object, message: string) => void lines.push(message);
  const clock = new ManualClock();
  const control = await Control.open({
    settings: testSettings(),
    dataDir: join(temporaryDirectory(), "data"),
    gateway: new RecordingGateway(),
    clock,
    log: { info: keep, warn: keep, error: keep },
  });
  onTestFinished(() => control.close());
  return { control, clock, lines };
}

test("who listens hears of each tunnel", async () => {
  const { control } = await opened();
  const heard: unknown[] = [];
  control.events.subscribe(({ type, data }) => heard.push({ type, ...data }));
  control.onGatewayEvent(MOVED);
  control.onGatewayEvent(GIVEN_UP);
  expect(heard).toEqual([
    { type: "tunnel_moved", protocol: "socket.io", upstream: "green", gapMs: 40 },
    { type: "tunnel_given_up", protocol: "plain", reason: "unsure", detail: "it spoke 300 ms before" },
  ]);
});

test("5000 of them in ten seconds are ten lines of the log, and nothing in the audit log", async () => {
  const { control, clock, lines } = await opened();
  for (let each = 0; each < 5_000; each += 1) {
    control.onGatewayEvent(each % 10 === 0 ? GIVEN_UP : MOVED);
    clock.advance(2);
  }
  await control.close();
  expect(lines).toEqual(Array.from({ length: 10 }, () => "tunnels_given_up"));
  expect(await control.audit.recent(1)).toEqual([]);
});

test("they push nothing else out of what is kept for those who come back", async () => {
  const { control } = await opened();
  const before = control.events.publish("cutover", service);
  control.onGatewayEvent(DRAINED);
  for (let each = 0; each < 5_000; each += 1) control.onGatewayEvent(MOVED);
  const { events, missed } = control.events.since(before.id);
  expect(missed).toBe(true);
  expect(events[0]).toMatchObject({ type: "drain_finished" });
  expect(events).toHaveLength(1 + 1_000);
});
