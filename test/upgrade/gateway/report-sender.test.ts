import { describe, expect, it } from "vitest";
import type { AdminCall } from "../../../src/client/admin-client.ts";
import { GatewayError } from "../../../src/lib/gateway-error.ts";
import { ReportSender } from "../../../src/upgrade/gateway/report-sender.ts";
import type { UpgradeReport } from "../../../src/upgrade/report/upgrade-report.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { upgradeReport } from "../../support/upgrade-report.ts";

function openSender() {
  const clock = new ManualClock();
  const told: Pick<UpgradeReport, "id" | "percent" | "state">[] = [];
  const gateway = { away: false, attempts: 0 };
  const client = {
    async call<Answer>(call: AdminCall, isAnswer: (value: unknown) => value is Answer): Promise<Answer> {
      gateway.attempts += 1;
      if (gateway.away) throw new GatewayError("admin_unreachable", "away");
      const { id, percent, state } = { ...upgradeReport(), ...call.body };
      told.push({ id, percent, state });
      const answer: unknown = {};
      if (isAnswer(answer)) return answer;
      throw new Error("unexpected");
    },
  };
  return { clock, told, gateway, sender: new ReportSender({ client, clock }) };
}

const final = upgradeReport({ state: "kept", exitCode: 0, percent: 100 });

describe("reports", () => {
  it("go out at most five times a second, the latest of each run", async () => {
    const { clock, told, sender } = openSender();
    for (const percent of [1, 2, 3]) sender.report(upgradeReport({ percent }));
    sender.report(upgradeReport({ id: "other", percent: 9 }));
    await eventually(() => expect(told.map(({ percent }) => percent)).toEqual([1]));
    await eventually(() => {
      clock.advance(200);
      expect(told.map(({ id, percent }) => [id, percent])).toEqual([
        [upgradeReport().id, 1],
        [upgradeReport().id, 3],
        ["other", 9],
      ]);
    });
    sender.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("are repeated while the run goes on, and no longer", async () => {
    const { clock, told, sender } = openSender();
    sender.report(upgradeReport());
    await eventually(() => expect(told).toHaveLength(1));
    await eventually(() => {
      clock.advance(1_000);
      expect(told).toHaveLength(2);
    });
    sender.report(final);
    await eventually(() => {
      clock.advance(200);
      expect(told.at(-1)?.state).toBe("kept");
    });
    clock.advance(120_000);
    await sender.settled();
    expect(told.filter(({ state }) => state === "kept")).toHaveLength(1);
  });

  it("are repeated no longer when nobody carries the run out any more", async () => {
    const { clock, told, sender } = openSender();
    sender.report(upgradeReport());
    await eventually(() => expect(told).toHaveLength(1));
    sender.forget(upgradeReport().id);
    await eventually(() => {
      clock.advance(1_000);
      expect(clock.pendingTimers).toBe(0);
    });
    await sender.settled();
    expect(told).toHaveLength(1);
  });
});

describe("while the gateway is away, reports", () => {
  it("of a run's end are tried for a while; others are not waited for", async () => {
    const { clock, told, gateway, sender } = openSender();
    gateway.away = true;
    sender.report(upgradeReport({ percent: 10 }));
    sender.report(final);
    await eventually(() => {
      clock.advance(500);
      expect(gateway.attempts).toBeGreaterThan(3);
    });
    expect(told).toEqual([]);
    gateway.away = false;
    await eventually(() => {
      clock.advance(500);
      expect(told.map(({ state }) => state)).toEqual(["kept"]);
    });
  });
});
