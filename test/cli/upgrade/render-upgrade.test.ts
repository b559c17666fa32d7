import { describe, expect, it } from "vitest";
import { type RenderOptions, renderUpgrade } from "../../../src/cli/upgrade/render-upgrade.ts";
import { renderJournal, renderRuns } from "../../../src/cli/upgrade/render-runs.ts";
import { stepReport, upgradeReport } from "../../support/upgrade-report.ts";

const began = upgradeReport().startedAt;
const at = (seconds: number): number => began + seconds * 1000;
const plain: RenderOptions = { width: 60, colour: false, now: at(12) };

const steps = [
  stepReport({ title: "Pull app:2", state: "done", startedAt: at(0), finishedAt: at(8.1) }),
  stepReport({
    title: "Replace app with app:2",
    state: "running",
    percent: 50,
    detail: "waits for app to stop",
    startedAt: at(8),
  }),
  stepReport({ title: "Check /api/health" }),
];

describe("a run on a terminal", () => {
  it("shows each step with what it does just now", () => {
    expect(renderUpgrade(upgradeReport({ percent: 33, steps }), plain)).toEqual([
      "chat · running · 12s · 33 %  20260101-000000-aaaa",
      "  ✓ Pull app:2                                         8.1s",
      "  ⠋ Replace app with app:2   ████████░░░░░░░░  50 %      4s",
      "    waits for app to stop",
      "  · Check /api/health",
    ]);
  });

  it("moves on with the time, so that one sees that it lives", () => {
    const [, , first] = renderUpgrade(upgradeReport({ steps }), plain);
    const [, , second] = renderUpgrade(upgradeReport({ steps }), { ...plain, now: at(12.1) });
    expect([first?.trim()[0], second?.trim()[0]]).toEqual(["⠋", "⠙"]);
  });

  it("says what users have of it while they wait", () => {
    const mode = {
      name: "hold",
      since: at(8),
      leaseEndsAt: at(72),
      onLeaseEnd: "maintenance",
      maxWaitMs: 1,
    } as const;
    const shown = renderUpgrade(upgradeReport({ steps: [] }), {
      ...plain,
      width: 90,
      traffic: { mode, held: 12 },
    });
    expect(shown.at(-1)).toBe("  held 12, in hold for 4s, lease ends in 1m, then maintenance");
    const open = { mode: { name: "open" }, held: 0 } as const;
    expect(renderUpgrade(upgradeReport({ steps: [] }), { ...plain, traffic: open })).toHaveLength(1);
  });

  it("says why it failed, and what was lost", () => {
    const failed = stepReport({ title: "Check", state: "failed", detail: "status 503" });
    const report = upgradeReport({
      state: "rolled_back",
      exitCode: 20,
      finishedAt: at(90),
      message: "rolled back",
      lost: "messages since 18:00",
      steps: [failed, stepReport({ title: "Replace", state: "undone" }), stepReport({ state: "skipped" })],
    });
    expect(renderUpgrade(report, plain)).toEqual([
      "chat · rolled back · 1m 30s · 0 %  20260101-000000-aaaa",
      "  ✗ Check",
      "    status 503",
      "  ↩ Replace",
      "  – Wait",
      "  rolled back",
      "  lost: messages since 18:00",
    ]);
  });
});

describe("whatever the texts are, a run", () => {
  it.each([20, 40, 80, 200])("never is wider than a terminal of %i columns", (width) => {
    const long = "x".repeat(300);
    const wide = steps.map((step) => ({ ...step, title: long, detail: long }));
    const [, ...lines] = renderUpgrade(upgradeReport({ steps: wide, message: long }), { ...plain, width });
    const widest = Math.max(...lines.map((line) => line.length));
    expect(widest).toBeLessThan(Math.max(width, 48));
  });

  it("lets no text from outside steer the terminal", () => {
    const evil = stepReport({ title: "a\u001b[2Jb\nc", state: "running", detail: "\u001b]0;x\u0007" });
    const report = upgradeReport({ name: "chat\u001b[2J", steps: [evil], message: "\u001b[31m" });
    const failed = {
      op: "app.check",
      message: "its log:\n  \u001b]0;x\u0007",
      kind: "failed",
      known: true,
    } as const;
    const record = { seq: 1, at: "2026-01-01T00:00:00.000Z", type: "failed", ...failed } as const;
    const text = [...renderUpgrade(report, plain), renderRuns([report]), ...renderJournal([record])].join(
      "\n",
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("has colours where the terminal has", () => {
    const [heading] = renderUpgrade(upgradeReport({ state: "kept" }), { ...plain, colour: true });
    expect(heading).toContain("\u001b[32mkept");
  });
});
