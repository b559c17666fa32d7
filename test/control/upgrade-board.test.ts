import { describe, expect, it } from "vitest";
import { EventLog } from "../../src/control/event-log.ts";
import type { RunnerAccepts, RunnerOrder } from "../../src/control/runner-order.ts";
import { UpgradeBoard } from "../../src/control/upgrade-board.ts";
import type { UpgradeProgress } from "../../src/gateway/gateway-port.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { stepReport, upgradeReport } from "../support/upgrade-report.ts";

const SILENCE_MS = 60_000;
const plan = { name: "chat", service: "chat", plan: "name: chat", vars: {}, dryRun: false };

function openBoard() {
  const clock = new ManualClock();
  const events = new EventLog({ clock });
  const told: unknown[] = [];
  events.subscribe(({ type, service, data }) => told.push([type, service, data]));
  const progress: (UpgradeProgress | null)[] = [];
  const gateway = { setProgress: (_service: string, shown: UpgradeProgress | null) => progress.push(shown) };
  const board = new UpgradeBoard({ clock, events, gateway });
  const connect = (accepts: RunnerAccepts = { kind: "plans" }) => {
    const orders: RunnerOrder[] = [];
    return { orders, disconnect: board.connect(accepts, (order) => orders.push(order)) };
  };
  return { board, clock, told, progress, connect };
}

describe("a plan that is handed in", () => {
  it("is refused while no runner is connected, and says what to start", () => {
    const { board } = openBoard();
    expect(() => board.submit(plan)).toThrow(
      expect.objectContaining({ code: "no_runner", message: expect.stringContaining("holdgate runner") }),
    );
  });

  it("goes to one runner, the one that has been there longest", () => {
    const { board, connect } = openBoard();
    const [first, second] = [connect(), connect()];
    const { id } = board.submit(plan);
    expect(first.orders).toEqual([
      { order: "run", id, name: "chat", service: "chat", plan: "name: chat", vars: {} },
    ]);
    expect(second.orders).toEqual([]);
  });

  it("is given again to a runner that connects before anybody has taken it, and not after", () => {
    const { board, connect } = openBoard();
    connect().disconnect();
    const broken = connect();
    const { id } = board.submit(plan);
    broken.disconnect();
    expect(connect().orders).toMatchObject([{ order: "run", id }]);
    board.report(upgradeReport({ id }));
    expect(connect().orders).toEqual([]);
  });

  it("is refused when nobody takes it in time", () => {
    const { board, connect, clock } = openBoard();
    connect();
    const { id } = board.submit(plan);
    clock.advance(SILENCE_MS);
    expect(board.find(id)).toMatchObject({ state: "refused", message: expect.stringContaining("took") });
    expect(board.submit(plan).id).not.toBe(id);
  });

  it("is refused while another run of the service is under way, but for a dry run", () => {
    const { board, connect } = openBoard();
    connect();
    board.report(upgradeReport());
    expect(() => board.submit(plan)).toThrow(expect.objectContaining({ code: "upgrade_running" }));
    expect(board.submit({ ...plan, dryRun: true }).dryRun).toBe(true);
    expect(board.submit({ ...plan, service: "wiki" }).service).toBe("wiki");
    board.report(upgradeReport({ state: "kept", exitCode: 0 }));
    expect(board.submit(plan).state).toBe("running");
  });
});

describe("what runners tell", () => {
  it("becomes events, one for each thing that has changed", () => {
    const { board, told } = openBoard();
    const [pull, replace] = [stepReport({ id: "pull" }), stepReport({ id: "replace-app" })];
    board.report(upgradeReport({ steps: [{ ...pull, state: "running" }, replace] }));
    board.report(upgradeReport({ steps: [{ ...pull, state: "running", percent: 50 }, replace] }));
    board.report(
      upgradeReport({ state: "waiting", message: "Go on?", steps: [{ ...pull, state: "done" }, replace] }),
    );
    board.report(upgradeReport({ state: "rolling_back", message: "declined", steps: [] }));
    board.report(upgradeReport({ state: "rolled_back", exitCode: 10, lost: null, steps: [] }));
    const { id } = upgradeReport();
    expect(told).toEqual([
      ["upgrade_started", "chat", { id, name: "chat" }],
      ["upgrade_step", "chat", { id, step: "pull", state: "running" }],
      ["upgrade_step", "chat", { id, step: "pull", state: "done" }],
      ["upgrade_waiting", "chat", { id, message: "Go on?" }],
      ["upgrade_rolling_back", "chat", { id, message: "declined" }],
      ["upgrade_finished", "chat", { id, result: "rolled_back", exitCode: 10, lost: null }],
    ]);
  });

  it("is no news when it was over before this gateway began, nor when it was a dry run", () => {
    const { board, told } = openBoard();
    const before = Date.UTC(2025, 0, 1);
    board.report(upgradeReport({ state: "kept", startedAt: before, finishedAt: before + 1, exitCode: 0 }));
    board.report(upgradeReport({ id: "dry", dryRun: true, state: "planned" }));
    expect(told).toEqual([]);
    expect(board.list()).toHaveLength(2);
  });

  it("is kept for the newest hundred runs, those under way among them", () => {
    const { board } = openBoard();
    board.report(upgradeReport({ id: "running", startedAt: 0 }));
    for (let at = 1; at <= 150; at++) {
      board.report(upgradeReport({ id: `run-${at}`, state: "kept", startedAt: at, finishedAt: at }));
    }
    expect(board.list()).toHaveLength(100);
    expect(board.list()[0]?.id).toBe("run-150");
    expect(board.find("running").state).toBe("running");
    expect(() => board.find("run-1")).toThrow(expect.objectContaining({ code: "not_found" }));
  });
});

describe("what is shown of a run", () => {
  it("tells visitors how far it is and what kind of work is done, until it is over", () => {
    const { board, progress } = openBoard();
    const pull = stepReport({ verb: "pull", title: "Pull registry.internal/app:2", state: "running" });
    board.report(upgradeReport({ percent: 20, steps: [pull] }));
    board.report(upgradeReport({ percent: 60, state: "rolling_back" }));
    board.report(upgradeReport({ state: "rolled_back", exitCode: 10 }));
    expect(progress).toEqual([
      { percent: 20, phase: "fetching" },
      { percent: 60, phase: "going_back" },
      null,
    ]);
  });

  it("is taken off the page when the runner falls silent, and the next run may begin", () => {
    const { board, connect, clock, progress } = openBoard();
    connect();
    board.report(upgradeReport());
    clock.advance(SILENCE_MS - 1);
    board.report(upgradeReport());
    clock.advance(SILENCE_MS - 1);
    expect(progress).not.toContain(null);
    clock.advance(1);
    expect(progress.at(-1)).toBeNull();
    expect(board.submit(plan).state).toBe("running");
  });

  it("stands in the status of the service while the run goes on, or is paused", () => {
    const { board } = openBoard();
    expect(board.current("chat")).toBeNull();
    board.report(upgradeReport());
    expect(board.current("chat")?.state).toBe("running");
    board.report(upgradeReport({ state: "paused", exitCode: 30 }));
    expect(board.current("chat")?.state).toBe("paused");
    board.report(upgradeReport({ id: "later", startedAt: Date.UTC(2026, 0, 2), state: "kept", exitCode: 0 }));
    expect(board.current("chat")).toBeNull();
  });
});

describe("an order to a run", () => {
  it("goes to whoever carries it out, else to the daemons", () => {
    const { board, connect } = openBoard();
    const { id } = upgradeReport();
    const daemon = connect();
    board.report(upgradeReport());
    board.order({ order: "cancel", id });
    const own = connect({ kind: "run", id });
    board.order({ order: "cancel", id });
    expect(daemon.orders).toHaveLength(1);
    expect(own.orders).toEqual([{ order: "cancel", id }]);
  });

  it("is refused when nobody could carry it out, or when it makes no sense", () => {
    const { board, connect } = openBoard();
    const { id } = upgradeReport();
    const code = (order: Parameters<UpgradeBoard["order"]>[0]): unknown => {
      try {
        return board.order(order).id;
      } catch (error) {
        return error instanceof Error && "code" in error ? error.code : error;
      }
    };
    expect(code({ order: "cancel", id })).toBe("not_found");
    board.report(upgradeReport());
    expect(code({ order: "cancel", id })).toBe("no_runner");
    connect();
    expect(code({ order: "resume", id })).toBe("upgrade_running");
    expect(code({ order: "approve", id, answer: "continue" })).toBe("upgrade_not_running");
    board.report(upgradeReport({ state: "waiting" }));
    expect(code({ order: "approve", id, answer: "continue" })).toBe(id);
    board.report(upgradeReport({ state: "paused", exitCode: 30 }));
    expect(code({ order: "cancel", id })).toBe("upgrade_not_running");
    expect(code({ order: "rollback", id })).toBe(id);
  });

  it("leaves no timer behind when the board is closed", () => {
    const { board, clock } = openBoard();
    board.report(upgradeReport());
    board.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
