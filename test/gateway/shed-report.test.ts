import { expect, test } from "vitest";
import { ShedReport } from "../../src/gateway/shed-report.ts";
import { ManualClock } from "../support/manual-clock.ts";

function setUp() {
  const clock = new ManualClock();
  const told: string[] = [];
  const report = new ShedReport<"all" | "client">(clock, (bound, count) => told.push(`${bound}: ${count}`));
  return { clock, told, report };
}

test("the first is told at once, and a flood once a second", () => {
  const { clock, told, report } = setUp();
  report.add("all");
  expect(told).toEqual(["all: 1"]);
  for (let count = 0; count < 10_000; count++) report.add(count % 4 === 0 ? "client" : "all");
  expect(told).toHaveLength(1);
  clock.advance(1000);
  expect(told.slice(1)).toEqual(["client: 2500", "all: 7500"]);
});

test("after a quiet second the next is told at once again, and no timer is left", () => {
  const { clock, told, report } = setUp();
  report.add("all");
  clock.advance(1000);
  expect(clock.pendingTimers).toBe(0);
  report.add("all");
  expect(told).toEqual(["all: 1", "all: 1"]);
});

test("what is untold at the end is told then", () => {
  const { clock, told, report } = setUp();
  for (let count = 0; count < 3; count++) report.add("all");
  report.stop();
  expect(told).toEqual(["all: 1", "all: 2"]);
  expect(clock.pendingTimers).toBe(0);
});
