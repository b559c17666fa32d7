import { describe, expect, it } from "vitest";
import { RunnerDaemon } from "../../../src/upgrade/runner/runner-daemon.ts";
import type { UpgradeReport } from "../../../src/upgrade/report/upgrade-report.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeUpgrades, runResult } from "../../support/upgrade/fake-upgrades.ts";
import { upgradeReport } from "../../support/upgrade-report.ts";

function openDaemon({ resume = true } = {}) {
  const upgrades = new FakeUpgrades();
  const told: UpgradeReport[] = [];
  const logged: string[] = [];
  const forgotten: string[] = [];
  const reports = {
    report: (report: UpgradeReport) => void told.push(report),
    forget: (run: string) => void forgotten.push(run),
  };
  const log = (line: string) => void logged.push(line);
  const daemon = new RunnerDaemon({ upgrades, reports, resume, wall: () => 5_000, log });
  return { upgrades, told, forgotten, logged, daemon };
}

const order = {
  order: "run",
  id: "ordered",
  name: "release-2",
  service: "chat",
  plan: "name: release-2",
  vars: { version: "2" },
} as const;

describe("a plan that is ordered", () => {
  it("is carried out once, under the id that the gateway gave it", async () => {
    const { daemon, upgrades } = openDaemon();
    daemon.onOrder(order);
    daemon.onOrder(order);
    await eventually(() => expect(upgrades.orders).toHaveLength(1));
    expect(upgrades.orders).toEqual([
      {
        id: "ordered",
        dryRun: false,
        plan: { text: "name: release-2", file: "release-2.yaml", vars: { version: "2" } },
      },
    ]);
  });

  it("is left alone when its journal is there already", async () => {
    const { daemon, upgrades } = openDaemon();
    upgrades.known = [upgradeReport({ id: "ordered", state: "kept", exitCode: 0 })];
    daemon.onOrder(order);
    daemon.onOrder({ ...order, id: "other" });
    await eventually(() => expect(upgrades.orders.map(({ id }) => id)).toEqual(["other"]));
  });

  it("is answered also when it cannot be read, and so makes no report of its own", async () => {
    const { daemon, upgrades, told } = openDaemon();
    daemon.onOrder(order);
    await eventually(() => upgrades.of("ordered"));
    const message = "release-2.yaml:3:1 steps: expected a list";
    upgrades.of("ordered").end(runResult({ state: "refused", exitCode: 50, message }));
    await eventually(() =>
      expect(told).toMatchObject([{ id: "ordered", state: "refused", exitCode: 50, message }]),
    );
    expect(told).toMatchObject([{ service: "chat", name: "release-2", finishedAt: 5_000 }]);
  });

  it("goes on beside that of another service", async () => {
    const { daemon, upgrades } = openDaemon();
    daemon.onOrder(order);
    daemon.onOrder({ ...order, id: "wiki", service: "wiki" });
    await eventually(() => expect([...upgrades.begun.keys()]).toEqual(["ordered", "wiki"]));
  });
});

describe("orders to a run", () => {
  it("reach it, as words of the runs", async () => {
    const { daemon, upgrades } = openDaemon();
    upgrades.known = [upgradeReport({ id: "old", state: "paused", exitCode: 30 })];
    daemon.onOrder({ order: "cancel", id: "a" });
    daemon.onOrder({ order: "approve", id: "a", answer: "continue" });
    daemon.onOrder({ order: "approve", id: "a", answer: "rollback" });
    daemon.onOrder({ order: "resume", id: "old" });
    await eventually(() =>
      expect(upgrades.calls).toEqual(["cancel a", "approve a", "decline a", "resume old"]),
    );
  });

  it("of whose journal another runner has are left to that one", async () => {
    const { daemon, upgrades } = openDaemon();
    upgrades.known = [upgradeReport({ id: "mine", state: "paused" })];
    daemon.onOrder({ order: "rollback", id: "theirs" });
    daemon.onOrder({ order: "rollback", id: "mine" });
    await eventually(() => expect(upgrades.calls).toEqual(["rollback mine"]));
  });
});

describe("runs that are not at their end", () => {
  const runs = [
    upgradeReport({ id: "broken-off", state: "rolling_back" }),
    upgradeReport({ id: "paused", state: "paused", exitCode: 30 }),
    upgradeReport({ id: "kept", state: "kept", exitCode: 0 }),
  ];

  it("are named at the start, and those that broke off go on", async () => {
    const { daemon, upgrades, logged } = openDaemon();
    upgrades.known = runs;
    await daemon.begin();
    expect(upgrades.calls).toEqual(["resume broken-off"]);
    expect(logged.join("\n")).toMatch(/broken-off .* going on with it\n.*paused.* --resume paused/);
    expect(logged.join("\n")).not.toContain("kept");
  });

  it("stay as they are with --no-resume, and do not look as if they went on", async () => {
    const { daemon, upgrades, told } = openDaemon({ resume: false });
    upgrades.known = runs;
    await daemon.begin();
    expect(upgrades.calls).toEqual([]);
    daemon.onConnected();
    await eventually(() => expect(told.map(({ id }) => id)).toEqual(["kept", "paused"]));
  });

  it("are told to each gateway that is connected, those that go on among them", async () => {
    const { daemon, upgrades, told } = openDaemon();
    upgrades.known = runs;
    await daemon.begin();
    daemon.onConnected();
    await eventually(() => expect(told.map(({ id }) => id)).toEqual(["kept", "paused", "broken-off"]));
  });

  it("are told as they are, which the journal alone does not know", async () => {
    const { daemon, upgrades, told } = openDaemon();
    upgrades.known = [upgradeReport({ id: "broken-off" })];
    await daemon.begin();
    upgrades.of("broken-off").watch.onReport?.(upgradeReport({ id: "broken-off", state: "waiting" }));
    daemon.onConnected();
    await eventually(() => expect(told).toMatchObject([{ id: "broken-off", state: "waiting" }]));
  });

  it("are left to be resumed when the daemon is stopped, and nothing new begins", async () => {
    const { daemon, upgrades, logged } = openDaemon();
    daemon.onOrder(order);
    await eventually(() => upgrades.of("ordered"));
    await daemon.stop();
    expect(logged.at(-1)).toBe("the run ordered is paused (30): left");
    daemon.onOrder({ ...order, id: "late" });
    expect(upgrades.orders).toHaveLength(1);
  });

  it("of which one fails for a reason of ours do not end the daemon", async () => {
    const { daemon, upgrades, logged, told, forgotten } = openDaemon();
    daemon.onOrder(order);
    await eventually(() => upgrades.of("ordered"));
    upgrades.of("ordered").fail(new Error("the disk is full"));
    await eventually(() => expect(logged.at(-1)).toBe("the run ordered failed: the disk is full"));
    expect(told).toMatchObject([{ id: "ordered", state: "refused", message: "the disk is full" }]);
    await eventually(() => expect(forgotten).toEqual(["ordered"]));
    await daemon.stop();
  });
});
