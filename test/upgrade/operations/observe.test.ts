import { describe, expect, test } from "vitest";
import { observe } from "../../../src/upgrade/operations/observe.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import type { Observe } from "../../../src/upgrade/plan/plan.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { lookContext, resumed } from "../../support/upgrade/perform-context.ts";
import { containerTarget } from "../checks/check-context.ts";
import { common } from "./on-engine.ts";
import { turnHands } from "./turn-hands.ts";

function operation(over: Partial<Observe> = {}): OperationOf<"observe"> {
  const watch = { forMs: 60_000, intervalMs: 5000, targets: null, checks: [] };
  const limits = { maxErrorRate: 0.01, minRequests: 20, maxRestarts: 0 };
  return {
    ...common("observe"),
    kind: "observe",
    observe: { ...watch, ...limits, ...over },
    watched: [],
    targets: {},
  };
}

type Context = ReturnType<typeof lookContext>;

/** So many answers, and so many of them errors, in each look of the gateway from the second on. */
function counting(context: Context, answers: number, errors: number): void {
  const { gateway } = context;
  gateway.before = (call) => {
    if (call !== "metrics") return;
    gateway.counted.answers += answers;
    gateway.counted.errors += errors;
  };
}

function watching(context: Context, over: Partial<Observe> = {}) {
  return turnHands(context.clock, observe.perform(operation(over), context));
}

describe("observing", () => {
  test("lasts as long as the plan says, and tells what was counted since it began", async () => {
    const context = lookContext();
    context.gateway.counted = { answers: 1000, errors: 900, latency: [], startedAt: 1 };
    counting(context, 100, 0);
    const began = context.clock.wall();
    expect(await watching(context)).toEqual({ answers: 1300, errors: 0, restarts: 0 });
    expect(context.clock.wall() - began).toBe(60_000);
    expect(context.progressed.at(-1)?.text).toBe("0% of 1200 answers failed, 0 restarts; 5s to go");
  });

  test("ends as soon as too many answers fail", async () => {
    const context = lookContext();
    counting(context, 10, 1);
    await expect(watching(context)).rejects.toThrow("2 of 20 answers failed (10%); at most 1% may");
  });

  test("says nothing of a rate over too few answers", async () => {
    const context = lookContext();
    counting(context, 1, 1);
    expect(await watching(context, { minRequests: 100 })).toMatchObject({ errors: 13 });
  });

  test("counts on over a restart of the gateway, and from its beginning after one of the runner", async () => {
    const context = lookContext();
    counting(context, 10, 0);
    context.clock.after(30_000, () => {
      context.gateway.counted = { answers: 0, errors: 0, latency: [], startedAt: 2 };
    });
    expect(await watching(context)).toMatchObject({ answers: 130 });

    context.clock.advance(3_600_000);
    const again = await turnHands(context.clock, observe.perform(operation(), resumed(context)));
    expect(again).toMatchObject({ errors: 0 });
  });

  test("takes one bad look for an accident, and two for the truth", async () => {
    const check = { kind: "version", upstream: null, version: "2" } as const;
    const context = lookContext();
    const badLooks = new Set([3, 6, 7]);
    let looks = 0;
    context.gateway.before = (call) => {
      if (call !== "status") return;
      looks += 1;
      context.gateway.sees("blue", { state: "healthy", version: badLooks.has(looks) ? "1" : "2" });
    };
    await expect(watching(context, { checks: [check] })).rejects.toThrow("is of version 1 instead of 2");
    expect(looks).toBe(7);
    expect(context.lines).toHaveLength(2);
  });
});

describe("what is observed", () => {
  function watchedEngine() {
    const engine = new FakeEngine();
    const chat = engine.containers.add({ name: "chat" });
    const context = lookContext({ engine });
    const targets = { app: containerTarget([{ id: chat.inspect.Id, name: "chat" }]) };
    const run = (over: Partial<Observe> = {}) => {
      const operated = { ...operation(over), watched: ["app"], targets };
      return turnHands(context.clock, observe.perform(operated, context));
    };
    return { engine, chat, context, run };
  }

  test("must not restart more often than it may", async () => {
    const { chat, context, run } = watchedEngine();
    chat.inspect.RestartCount = 4;
    context.clock.after(10_000, () => {
      chat.inspect.RestartCount = 6;
    });
    await expect(run({ maxRestarts: 1 })).rejects.toThrow("chat restarted 2 times; at most 1 are allowed");
  });

  test("must not end", async () => {
    const { engine, context, run } = watchedEngine();
    context.clock.after(10_000, () => engine.containers.exit("chat", 137));
    await expect(run({ maxRestarts: null })).rejects.toThrow("chat has exited with code 137");
  });

  test("may have been stopped all along", async () => {
    const { engine, run } = watchedEngine();
    engine.containers.exit("chat", 0);
    expect(await run()).toMatchObject({ restarts: 0 });
  });
});
