// What control does with what the gateway does by itself.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { Control } from "../../src/control/control.ts";
import type { ControlLog } from "../../src/control/control-log.ts";
import { silentLog } from "../../src/control/control-log.ts";
import type { LoggedEvent } from "../../src/control/event-log.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-port.ts";
import type { GatewaySnapshot } from "../../src/gateway/snapshot.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RecordingGateway, chatOf, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const OPS = { actor: "ops", from: "unix" };
const service = "chat";
const LEASE_ENDED: GatewayEvent = { type: "lease_ended", service, onLeaseEnd: "maintenance" };

async function opened(apply?: (snapshot: GatewaySnapshot) => void) {
  const dataDir = join(temporaryDirectory(), "data");
  const recording = new RecordingGateway();
  const gateway = apply ? { apply } : recording;
  const clock = new ManualClock();
  const failed = barrier();
  const log: ControlLog = { ...silentLog, error: (_fields, message) => failed.pass(message) };
  const control = await Control.open({ settings: testSettings(), dataDir, gateway, clock, log });
  onTestFinished(() => control.close());
  return { control, gateway: recording, clock, dataDir, failed };
}

/** Resolves each time something has happened, in order. */
function barrier() {
  const passed: string[] = [];
  let wake = () => {};
  return {
    pass(what: string) {
      passed.push(what);
      wake();
    },
    async next(matching: RegExp): Promise<string> {
      for (;;) {
        const found = passed.findIndex((what) => matching.test(what));
        if (found >= 0) return passed.splice(0, found + 1).at(-1) ?? "";
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function nextEvent(control: Control, type: string): Promise<LoggedEvent> {
  return new Promise((resolve) => {
    const unsubscribe = control.events.subscribe((event) => {
      if (event.type !== type) return;
      unsubscribe();
      resolve(event);
    });
  });
}

test("an event of the gateway is passed on as it is", async () => {
  const { control } = await opened();
  control.onGatewayEvent({ type: "drain_finished", service, upstream: "blue", cut: 2 });
  expect(control.events.since(0).events).toMatchObject([
    { type: "drain_finished", service, data: { upstream: "blue", cut: 2 } },
  ]);
});

test("what the gateway reports while it applies a command is told after the command", async () => {
  const started: GatewayEvent = { type: "drain_started", service, upstream: "blue", inFlight: 1, tunnels: 0 };
  const { control } = await opened(({ version }) => {
    if (version > 1) control.onGatewayEvent(started);
  });
  const command = { type: "cutover", service, to: "green", force: true, candidateHealthy: false } as const;
  await control.dispatch(command, OPS);
  expect(control.events.since(0).events.map(({ type }) => type)).toEqual(["cutover", "drain_started"]);
});

test("a lease that ended in the gateway ends in the state", async () => {
  const { control, gateway, clock } = await opened();
  await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
  clock.advance(1_000);
  const told = nextEvent(control, "maintenance_on");
  control.onGatewayEvent(LEASE_ENDED);
  expect(await told).toMatchObject({ data: { cause: "lease_ended" } });
  expect(chatOf(control.state).mode).toMatchObject({ name: "maintenance", since: clock.wall() });
  expect(gateway.last).toEqual(control.snapshot());
});

test("a lease that ended while its renewal was being written goes on", async () => {
  const { control, gateway, clock } = await opened();
  await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
  clock.advance(1_000);
  const renewal = control.dispatch({ type: "hold", service, leaseMs: 60_000 }, OPS);
  control.onGatewayEvent(LEASE_ENDED);
  await renewal;
  const { state } = await control.dispatch({ type: "release", service: "chat" }, { ...OPS, ifMatch: 3 });
  expect(state.version).toBe(4);
  expect(gateway.applied.map(({ services: [chat] }) => chat?.mode.name)).toEqual([
    "open",
    "hold",
    "hold",
    "open",
  ]);
});

test("an end of a lease that the disk does not take is tried again until it does", async () => {
  const { control, clock, dataDir, failed } = await opened();
  await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
  rmSync(dataDir, { recursive: true });
  clock.advance(1_000);
  control.onGatewayEvent(LEASE_ENDED);
  for (const waitMs of [100, 200]) {
    await failed.next(/^lease_ended could not be recorded/);
    expect(chatOf(control.state).mode.name).toBe("hold");
    expect(clock.pendingTimers).toBe(1);
    clock.advance(waitMs - 1);
    expect(clock.pendingTimers).toBe(1);
    if (waitMs === 200) mkdirSync(dataDir);
    clock.advance(1);
    expect(clock.pendingTimers).toBe(0);
  }
  const told = nextEvent(control, "maintenance_on");
  await told;
  const onDisk = JSON.parse(readFileSync(join(dataDir, "state.json"), "utf8"));
  expect(onDisk).toEqual(control.state);
});

test("closing gives up on an end of a lease that the disk does not take", async () => {
  const { control, clock, dataDir, failed } = await opened();
  await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
  rmSync(dataDir, { recursive: true });
  control.onGatewayEvent(LEASE_ENDED);
  await failed.next(/^lease_ended could not be recorded/);
  await control.close();
  expect(clock.pendingTimers).toBe(0);
});
