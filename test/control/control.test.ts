import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, describe, expect, test } from "vitest";
import { Control } from "../../src/control/control.ts";
import type { CommandContext, ControlOptions } from "../../src/control/control.ts";
import type { GatewaySnapshot } from "../../src/gateway/snapshot.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RecordingGateway, chatOf, chatState, serviceSettings, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const OPS: CommandContext = { actor: "ops", from: "127.0.0.1" };
const service = "chat";

async function opened(change: Partial<ControlOptions> = {}) {
  const dataDir = change.dataDir ?? temporaryDirectory();
  const gateway = new RecordingGateway();
  const clock = new ManualClock();
  const control = await Control.open({ settings: testSettings(), dataDir, gateway, clock, ...change });
  onTestFinished(() => control.close());
  const onDisk = () => JSON.parse(readFileSync(join(dataDir, "state.json"), "utf8"));
  return { control, gateway, clock, dataDir, onDisk };
}

const typesOf = (control: Control) => control.events.since(0).events.map(({ type }) => type);

describe("a start", () => {
  test("makes the initial state durable and applies it", async () => {
    const { control, gateway, onDisk } = await opened();
    expect(onDisk()).toEqual(chatState());
    expect(gateway.applied).toEqual([control.snapshot()]);
    expect(gateway.last).toMatchObject({ version: 1, services: [{ name: "chat", mode: { name: "open" } }] });
  });

  test("uses the dataDir of the settings when none is given", async () => {
    const dataDir = temporaryDirectory();
    const settings = testSettings([serviceSettings("chat")], dataDir);
    const gateway = new RecordingGateway();
    const control = await Control.open({ settings, gateway, clock: new ManualClock() });
    onTestFinished(() => control.close());
    expect(existsSync(join(dataDir, "state.json"))).toBe(true);
  });

  test("finds mode, lease and slots as they were", async () => {
    const { control, dataDir } = await opened();
    await control.dispatch({ type: "hold", service }, OPS);
    await control.dispatch(
      { type: "cutover", service, to: "green", force: true, candidateHealthy: false },
      OPS,
    );
    await control.close();
    const again = await opened({ dataDir });
    expect(again.control.state).toEqual(control.state);
    expect(again.gateway.last).toEqual(control.snapshot());
  });

  test("applies a lease that ran out meanwhile, tells of it and records it", async () => {
    const first = await opened();
    await first.control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
    await first.control.close();
    const clock = new ManualClock(first.clock.wall() + 1_000);
    const { control, gateway, onDisk } = await opened({ dataDir: first.dataDir, clock });
    expect(chatOf(control.state).mode.name).toBe("maintenance");
    expect(onDisk()).toEqual(control.state);
    expect(gateway.applied).toEqual([control.snapshot()]);
    expect(typesOf(control)).toEqual(["maintenance_on"]);
    expect((await control.audit.recent(1))[0]).toMatchObject({
      actor: "holdgate",
      from: "start",
      action: "maintenance_on",
    });
  });
});

describe("a start that something stands against", () => {
  test("with a corrupt state fails, leaves each byte of it, and lets go of the dataDir", async () => {
    const dataDir = temporaryDirectory();
    const path = join(dataDir, "state.json");
    const corrupt = Buffer.from('{"format":1,"version":7,"serv\0');
    writeFileSync(path, corrupt);
    await expect(opened({ dataDir })).rejects.toMatchObject({ code: "state_unreadable" });
    expect(readFileSync(path)).toEqual(corrupt);
    rmSync(path);
    await opened({ dataDir });
  });

  test("on a dataDir that another gateway uses is refused with its pid", async () => {
    const { dataDir } = await opened();
    await expect(opened({ dataDir })).rejects.toMatchObject({
      code: "state_unwritable",
      message: expect.stringContaining(`in use by the gateway with pid ${process.pid}`),
    });
  });
});

describe("a command", () => {
  test("is durable before it is applied, and applied before it is told", async () => {
    const order: string[] = [];
    const gateway = {
      apply: ({ version }: GatewaySnapshot) => void order.push(`applied ${version}`),
    };
    const onWriteStep = (step: string) => void order.push(step);
    const { control } = await opened({ gateway, onWriteStep });
    control.events.subscribe(({ type }) => void order.push(type));
    order.length = 0;
    await control.dispatch({ type: "hold", service }, OPS);
    order.push("acknowledged");
    expect(order).toEqual([
      "begin",
      "written",
      "synced",
      "renamed",
      "durable",
      "applied 2",
      "hold_started",
      "acknowledged",
    ]);
  });

  test("carries the time of the clock", async () => {
    const { control, clock } = await opened();
    clock.advance(5_000);
    const { state, changed } = await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
    expect(changed).toBe(true);
    expect(chatOf(state).mode).toMatchObject({ since: clock.wall(), leaseEndsAt: clock.wall() + 1_000 });
  });

  test("that changes nothing writes and applies nothing", async () => {
    const { control, gateway } = await opened();
    const before = control.state;
    expect(await control.dispatch({ type: "release", service }, OPS)).toEqual({
      state: before,
      changed: false,
    });
    expect(gateway.applied).toHaveLength(1);
  });

  test("that is refused changes nothing and says why", async () => {
    const { control, gateway } = await opened();
    const command = { type: "rollback", service, force: false, previousHealthy: true } as const;
    await expect(control.dispatch(command, OPS)).rejects.toMatchObject({
      name: "GatewayError",
      code: "no_previous",
    });
    expect(control.state.version).toBe(1);
    expect(gateway.applied).toHaveLength(1);
    expect(typesOf(control)).toEqual([]);
  });
});

describe("commands that come together", () => {
  test("are carried out one after the other, each seeing what the one before did", async () => {
    const { control, gateway } = await opened();
    const outcomes = await Promise.all([
      control.dispatch({ type: "set_candidate", service, upstream: "green" }, OPS),
      control.dispatch({ type: "cutover", service, force: false, candidateHealthy: true }, OPS),
      control.dispatch({ type: "rollback", service, force: false, previousHealthy: true }, OPS),
    ]);
    expect(outcomes.map(({ state }) => state.version)).toEqual([2, 3, 4]);
    expect(gateway.applied.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(chatOf(control.state).slots).toEqual({ active: "blue", candidate: null, previous: "green" });
  });

  test("are refused when they expect another version of the state", async () => {
    const { control } = await opened();
    const outcomes = await Promise.allSettled([
      control.dispatch({ type: "hold", service }, { ...OPS, ifMatch: 1 }),
      control.dispatch({ type: "release", service }, { ...OPS, ifMatch: 1 }),
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled" },
      {
        status: "rejected",
        reason: { code: "state_moved", message: "the state is at version 2, not 1; read it again" },
      },
    ]);
    expect(chatOf(control.state).mode.name).toBe("hold");
  });
});

describe("a disk that fails", () => {
  test.each(["begin", "written", "synced"])("at %s leaves everything as it was", async (failing) => {
    let broken = false;
    const onWriteStep = (step: string) => {
      if (broken && step === failing) throw new Error("EIO: i/o error");
    };
    const { control, gateway, onDisk } = await opened({ onWriteStep });
    broken = true;
    await expect(control.dispatch({ type: "hold", service }, OPS)).rejects.toMatchObject({
      code: "state_unwritable",
    });
    expect(control.state).toEqual(chatState());
    expect(onDisk()).toEqual(chatState());
    expect(gateway.applied).toHaveLength(1);
    expect(typesOf(control)).toEqual([]);
    broken = false;
    await control.dispatch({ type: "hold", service }, OPS);
    expect(onDisk()).toEqual(control.state);
  });
});

describe("new settings", () => {
  test("are in force, durable where they matter, and applied with a higher version", async () => {
    const { control, gateway, onDisk } = await opened();
    const settings = testSettings([serviceSettings("chat", { drainTimeoutMs: 1 }), serviceSettings("wiki")]);
    expect(await control.reconfigure(settings)).toMatchObject({ changed: true });
    expect(control.settings).toBe(settings);
    expect(onDisk().services).toHaveProperty("wiki");
    expect(gateway.last).toMatchObject({
      version: 2,
      services: [{ settings: { drainTimeoutMs: 1 } }, { name: "wiki" }],
    });
    expect(typesOf(control)).toEqual(["reconfigured", "service_added"]);
  });
});

describe("the audit", () => {
  test("has each command with who, what, whence and how it ended", async () => {
    const { control, dataDir } = await opened();
    await control.dispatch({ type: "hold", service, leaseMs: 1_000 }, OPS);
    await control
      .dispatch({ type: "set_candidate", service, upstream: "pink" }, { actor: "ci", from: "unix" })
      .catch(() => {});
    const at = "2026-01-01T00:00:00.000Z";
    expect(await control.audit.recent(10)).toEqual([
      {
        at,
        actor: "ops",
        from: "127.0.0.1",
        action: "hold",
        service,
        outcome: "done",
        version: 2,
        parameters: { leaseMs: 1_000 },
      },
      {
        at,
        actor: "ci",
        from: "unix",
        action: "set_candidate",
        service,
        outcome: "refused",
        code: "unknown_upstream",
        version: 2,
        parameters: { upstream: "pink" },
      },
    ]);
    expect(existsSync(join(dataDir, "audit.jsonl"))).toBe(true);
  });

  test("has no secrets", async () => {
    const { control } = await opened();
    const urls = ["http://user:secret@127.0.0.1:1"];
    const health = { path: "/up?token=secret", good: 1 };
    await control.dispatch({ type: "put_upstream", service, name: "pink", urls, health }, OPS);
    await control.reconfigure(testSettings([serviceSettings("chat", { drainTimeoutMs: 1 })]));
    const entries = await control.audit.recent(2);
    expect(entries.map(({ parameters }) => parameters)).toEqual([
      { name: "pink", urls: ["http://***@127.0.0.1:1"], health: { path: "/up?***", good: 1 } },
      { services: ["chat"] },
    ]);
  });
});

describe("closing", () => {
  test("finishes what was given, refuses what comes, and frees the dataDir", async () => {
    const { control, dataDir, onDisk } = await opened();
    const held = control.dispatch({ type: "hold", service }, OPS);
    const closing = control.close();
    await expect(control.dispatch({ type: "release", service }, OPS)).rejects.toMatchObject({
      code: "state_unwritable",
      message: "release refused: shutting down",
    });
    await expect(held).resolves.toMatchObject({ changed: true });
    await closing;
    await control.close();
    expect(onDisk().services.chat.mode.name).toBe("hold");
    expect(existsSync(join(dataDir, "lock"))).toBe(false);
  });
});
