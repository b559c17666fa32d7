import { describe, expect, test } from "vitest";
import { confirm } from "../../../src/upgrade/operations/confirm.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { wait } from "../../../src/upgrade/operations/wait.ts";
import { lookContext, resumed } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";
import { turnHands } from "./turn-hands.ts";

function ask(over: Partial<OperationOf<"confirm">> = {}): OperationOf<"confirm"> {
  const question = { prompt: "Does B look right?", waitMs: null, otherwise: "pause" } as const;
  return { ...common("confirm"), kind: "confirm", ...question, ...over };
}

describe("a confirmation", () => {
  test("that is approved lets the run go on", async () => {
    const context = lookContext();
    const asking = confirm.perform(ask(), context);
    context.decision.resolve("approved");
    expect(await asking).toEqual({ decision: "approved" });
    expect(context.prompts).toEqual(["Does B look right?"]);
  });

  test("that is declined rolls it back", async () => {
    const context = lookContext();
    const asking = confirm.perform(ask(), context);
    context.decision.resolve("declined");
    await expect(asking).rejects.toMatchObject({ kind: "declined" });
  });

  test.for([
    ["rollback", "declined"],
    ["pause", "needs-a-person"],
  ] as const)("that nobody gives in time: %s", async ([otherwise, kind]) => {
    const context = lookContext();
    const asking = turnHands(context.clock, confirm.perform(ask({ waitMs: 60_000, otherwise }), context));
    await expect(asking).rejects.toMatchObject({ kind });
  });

  test("that nobody gives in time may mean yes", async () => {
    const context = lookContext();
    const operation = ask({ waitMs: 60_000, otherwise: "continue" });
    const asking = turnHands(context.clock, confirm.perform(operation, context));
    expect(await asking).toEqual({ decision: "nobody answered" });
  });

  test("is waited for until the same moment by a runner that comes back", async () => {
    const context = lookContext();
    const began = context.clock.wall();
    context.notes = { deadline: began + 60_000 };
    context.clock.advance(59_000);
    const asking = confirm.perform(ask({ waitMs: 60_000 }), resumed(context));
    await expect(turnHands(context.clock, asking)).rejects.toMatchObject({ kind: "needs-a-person" });
    expect(context.clock.wall() - began).toBe(60_000);
  });

  test("ends with its step, and leaves no timer", async () => {
    const step = new AbortController();
    const context = lookContext({ signal: step.signal });
    const asking = confirm.perform(ask({ waitMs: 60_000 }), context);
    step.abort(new Error("cancelled"));
    await expect(asking).rejects.toThrow("cancelled");
    expect(context.clock.pendingTimers).toBe(0);
  });
});

describe("a wait", () => {
  const operation: OperationOf<"wait"> = { ...common("wait"), kind: "wait", forMs: 10_000 };

  test("lasts as long as the plan says", async () => {
    const { clock, ...rest } = lookContext();
    const began = clock.wall();
    await turnHands(clock, wait.perform(operation, { ...rest, clock }));
    expect(clock.wall() - began).toBe(10_000);
  });

  test("is over for a runner that comes back later", async () => {
    const context = lookContext();
    context.notes = { until: context.clock.wall() + 10_000 };
    context.clock.advance(3_600_000);
    await turnHands(context.clock, wait.perform(operation, resumed(context)), 0);
  });
});
