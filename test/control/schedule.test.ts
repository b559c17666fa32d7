// Windows and announcements by the clock, through a control that writes to disk.

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Control } from "../../src/control/control.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { GatewayError } from "../../src/lib/gateway-error.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RecordingGateway, chatOf, testSettings } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OPS = { actor: "ops", from: "127.0.0.1" };
const service = "chat";

/** Timers that are set while the clock stands for what is due already fire, too. */
function reached(clock: ManualClock, look: () => void): Promise<void> {
  return eventually(() => {
    clock.advance(0);
    look();
  });
}

interface Opening {
  dataDir?: string;
  clock?: Clock;
  onWriteStep?: () => void;
}

async function opened({ dataDir = temporaryDirectory(), clock = new ManualClock(), ...rest }: Opening = {}) {
  const gateway = new RecordingGateway();
  const control = await Control.open({ settings: testSettings(), dataDir, gateway, clock, ...rest });
  onTestFinished(() => control.close());
  return {
    control,
    gateway,
    dataDir,
    chat: () => chatOf(control.state),
    notice: () => gateway.last?.services[0]?.notice,
    types: () => control.events.since(0).events.map(({ type }) => type),
    plan: (inMs: number, forMs = 30 * MINUTE) =>
      control.dispatch(
        {
          type: "schedule_window",
          service,
          startsAt: clock.wall() + inMs,
          forMs,
          message: "New disks",
          retryAfterMs: null,
        },
        OPS,
      ),
  };
}

describe("a window", () => {
  test("is announced in time, begins and ends by itself, and leaves no timer", async () => {
    const clock = new ManualClock();
    const { plan, chat, notice, types, control } = await opened({ clock });
    const start = clock.wall() + 3 * HOUR;
    await plan(3 * HOUR);
    expect(notice()).toBeNull();
    clock.advance(2 * HOUR);
    await reached(clock, () => expect(chat().window?.phase).toBe("announced"));
    expect(notice()).toEqual({ message: "New disks", at: start, until: start + 30 * MINUTE });
    clock.advance(HOUR);
    await reached(clock, () => expect(chat().mode.name).toBe("maintenance"));
    expect(chat().mode).toMatchObject({ message: "New disks", expectedEnd: start + 30 * MINUTE });
    expect(notice()).toBeNull();
    clock.advance(30 * MINUTE);
    await reached(clock, () => expect(chat()).toMatchObject({ mode: { name: "open" }, window: null }));
    expect(types()).toEqual(["window_scheduled", "window_announced", "maintenance_on", "maintenance_off"]);
    await eventually(() => expect(clock.pendingTimers).toBe(0));
    const [entry] = await control.audit.recent(1);
    expect(entry).toMatchObject({ actor: "holdgate", from: "schedule", parameters: { due: "window_end" } });
  });

  test("that comes soon is announced at once", async () => {
    const clock = new ManualClock();
    const { plan, chat } = await opened({ clock });
    await plan(10 * MINUTE);
    clock.advance(0);
    await reached(clock, () => expect(chat().window?.phase).toBe("announced"));
  });
});

describe("a window that cannot begin on time", () => {
  test("begins within a minute on a machine that was suspended meanwhile", async () => {
    const hands = new ManualClock();
    let suspendedMs = 0;
    const clock: Clock = {
      now: () => hands.now(),
      wall: () => hands.wall() + suspendedMs,
      after: (delayMs, callback) => hands.after(delayMs, callback),
    };
    const { plan, chat } = await opened({ clock });
    await plan(8 * HOUR);
    suspendedMs = 8 * HOUR;
    hands.advance(MINUTE);
    await reached(hands, () => expect(chat().window?.phase).toBe("running"));
  });

  test("begins as soon as the disk takes it", async () => {
    const clock = new ManualClock();
    let isFull = false;
    const onWriteStep = (): void => {
      if (isFull) throw new GatewayError("state_unwritable", "the disk is full");
    };
    const { plan, chat } = await opened({ clock, onWriteStep });
    await plan(30 * MINUTE);
    clock.advance(0);
    await reached(clock, () => expect(chat().window?.phase).toBe("announced"));
    isFull = true;
    clock.advance(30 * MINUTE);
    await eventually(() => expect(clock.pendingTimers).toBe(1));
    isFull = false;
    await eventually(() => {
      clock.advance(5_000);
      expect(chat().window?.phase).toBe("running");
    });
  });
});

describe("a gateway that starts again", () => {
  test.each([
    ["before the window keeps it", 2 * HOUR - 1, "open", "announced"],
    ["inside the window enters it for what is left", 2 * HOUR + 10 * MINUTE, "maintenance", "running"],
    ["after the window drops it", 3 * HOUR, "open", undefined],
  ])("%s", async (_title, laterMs, mode, phase) => {
    const first = await opened();
    await first.plan(2 * HOUR);
    await first.control.close();
    const clock = new ManualClock();
    clock.advance(laterMs);
    const again = await opened({ dataDir: first.dataDir, clock });
    expect(again.chat().mode.name).toBe(mode);
    expect(again.chat().window?.phase).toBe(phase);
    expect(again.types()).toEqual([
      { announced: "window_announced", running: "maintenance_on" }[phase ?? ""] ?? "window_missed",
    ]);
  });

  test("after the end of a window that ran opens", async () => {
    const clock = new ManualClock();
    const first = await opened({ clock });
    await first.plan(MINUTE);
    clock.advance(0);
    await reached(clock, () => expect(first.chat().window?.phase).toBe("announced"));
    clock.advance(MINUTE);
    await reached(clock, () => expect(first.chat().window?.phase).toBe("running"));
    await first.control.close();
    clock.advance(HOUR);
    const again = await opened({ dataDir: first.dataDir, clock });
    expect(again.chat()).toMatchObject({ mode: { name: "open" }, window: null });
    expect(again.types()).toEqual(["maintenance_off"]);
  });

  test("reads the state of a version that knew no windows", async () => {
    const first = await opened();
    await first.control.close();
    const file = join(first.dataDir, "state.json");
    const state = JSON.parse(readFileSync(file, "utf8"));
    delete state.services.chat.window;
    delete state.services.chat.announcement;
    writeFileSync(file, JSON.stringify(state));
    chmodSync(file, 0o600);
    const again = await opened({ dataDir: first.dataDir });
    expect(again.chat()).toMatchObject({ window: null, announcement: null });
  });
});

describe("an announcement", () => {
  test("is told again after a restart, and over an hour after its time", async () => {
    const clock = new ManualClock();
    const first = await opened({ clock });
    const announcement = { message: "An update at six", at: clock.wall() + HOUR };
    await first.control.dispatch({ type: "announce", service, announcement }, OPS);
    await first.control.close();
    const again = await opened({ dataDir: first.dataDir, clock });
    expect(again.notice()).toEqual({ ...announcement, until: null });
    clock.advance(2 * HOUR);
    await reached(clock, () => expect(again.notice()).toBeNull());
    expect(again.types()).toEqual(["announcement_withdrawn"]);
  });

  test("stands above the window's own", async () => {
    const clock = new ManualClock();
    const { plan, chat, notice, control } = await opened({ clock });
    await plan(MINUTE);
    clock.advance(0);
    await reached(clock, () => expect(chat().window?.phase).toBe("announced"));
    const announcement = { message: "Read this", at: null };
    await control.dispatch({ type: "announce", service, announcement }, OPS);
    expect(notice()).toEqual({ message: "Read this", at: null, until: null });
    await control.dispatch({ type: "withdraw_announcement", service }, OPS);
    expect(notice()?.message).toBe("New disks");
  });
});
