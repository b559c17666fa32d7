import { describe, expect, test } from "vitest";
import { check } from "../../../src/upgrade/operations/check.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import type { Check } from "../../../src/upgrade/plan/check.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { lookContext, resumed } from "../../support/upgrade/perform-context.ts";
import { containerTarget } from "../checks/check-context.ts";
import { common } from "./on-engine.ts";
import { turnHands } from "./turn-hands.ts";

const version: Check = { kind: "version", upstream: null, version: "2" };

function operation(over: Partial<OperationOf<"check">> = {}): OperationOf<"check"> {
  const limits = { forMs: 0, waitMs: 60_000, intervalMs: 1000 };
  const what = { checks: [version], target: null, targets: {} };
  return { ...common("healthy.check"), kind: "check", ...what, ...limits, ...over };
}

/** The version that the gateway sees, by the milliseconds since the beginning. */
function seeing(context: ReturnType<typeof lookContext>, versionAt: (ms: number) => string): void {
  const began = context.clock.wall();
  context.gateway.before = () => {
    context.gateway.sees("blue", { state: "healthy", version: versionAt(context.clock.wall() - began) });
  };
}

/** A container that this run has made. */
function started() {
  const engine = new FakeEngine();
  const { inspect: chat, log } = engine.containers.add({ name: "chat" });
  log.push({ stream: "stderr", text: "FATAL: no such column" });
  const context = lookContext({ engine, made: { "replace.create-new": chat.Id } });
  const app = containerTarget([{ madeBy: "replace.create-new", name: "chat" }]);
  return { context, app, chat };
}

describe("waiting until it is good", () => {
  test("ends with the first good look when nothing more is asked", async () => {
    const context = lookContext();
    seeing(context, (ms) => (ms < 3000 ? "1" : "2"));
    await expect(turnHands(context.clock, check.perform(operation(), context))).resolves.toEqual({
      looks: 4,
    });
    expect(context.progressed[0]?.text).toBe("upstream blue is of version 1 instead of 2");
  });

  test("wants it good without a break for as long as the plan says", async () => {
    const context = lookContext();
    const began = context.clock.wall();
    seeing(context, (ms) => (ms < 2000 || (ms > 4000 && ms < 6000) ? "1" : "2"));
    await turnHands(context.clock, check.perform(operation({ forMs: 5000 }), context));
    expect(context.clock.wall() - began).toBe(11_000);
  });

  test("fails at the deadline with what was missing", async () => {
    const context = lookContext();
    seeing(context, () => "1");
    const waiting = turnHands(context.clock, check.perform(operation(), context));
    await expect(waiting).rejects.toThrow("not good within 1m: upstream blue is of version 1 instead of 2");
  });

  test("looks once where no time is given", async () => {
    const context = lookContext();
    seeing(context, () => "1");
    await expect(check.perform(operation({ waitMs: 0 }), context)).rejects.toThrow(/^upstream blue is of/);
  });
});

describe("a wait until it is good", () => {
  test("has after a crash the time that was left, and at least what being good takes", async () => {
    const context = lookContext();
    const began = context.clock.wall();
    context.notes = { began, deadline: began + 60_000, metrics: null };
    context.clock.advance(50_000);
    seeing(context, () => "1");
    const waiting = turnHands(context.clock, check.perform(operation(), resumed(context)));
    await expect(waiting).rejects.toThrow("not good within 1m");
    expect(context.clock.wall() - began).toBe(60_000);

    seeing(context, () => "2");
    await turnHands(context.clock, check.perform(operation({ forMs: 5000 }), resumed(context)));
    expect(context.clock.wall() - began).toBe(65_000);
  });

  test("waits for nobody who has exited", async () => {
    const engine = new FakeEngine();
    const { inspect, log } = engine.containers.add({ name: "chat" });
    log.push({ stream: "stderr", text: "FATAL: no such column" });
    const context = lookContext({ engine });
    seeing(context, () => "1");
    const ref = { id: inspect.Id, name: "chat" };
    const app = containerTarget([ref]);
    const waiting = check.perform(operation({ target: "app", targets: { app } }), context);
    context.clock.after(2000, () => engine.containers.exit("chat", 101));
    await expect(turnHands(context.clock, waiting)).rejects.toThrow(
      /^chat has exited with code 101; the last lines of its log:\n {2}FATAL: no such column\nupstream blue/,
    );
  });

  test("gives up one that its restart policy starts again and again, unless it is good at last", async () => {
    const { context, app, chat } = started();
    seeing(context, () => "1");
    const waiting = check.perform(operation({ target: "app", targets: { app } }), context);
    context.clock.after(5000, () => (chat.RestartCount = 5));
    await expect(turnHands(context.clock, waiting)).rejects.toThrow(
      /^chat has ended and was started again 5 times; the last lines of its log:\n {2}FATAL: no such column\nupstream/,
    );
    seeing(context, () => "2");
    const good = check.perform(operation({ target: "app", targets: { app } }), context);
    await expect(turnHands(context.clock, good)).resolves.toEqual({ looks: 1 });
  });

  test("says at the deadline that it was started again", async () => {
    const { context, app, chat } = started();
    seeing(context, () => "1");
    chat.RestartCount = 1;
    const waiting = check.perform(operation({ target: "app", targets: { app } }), context);
    await expect(turnHands(context.clock, waiting)).rejects.toThrow(
      /^not good within 1m: upstream .*\nchat has ended and was started again once; the last lines/,
    );
  });

  test("ends with its step", async () => {
    const step = new AbortController();
    const context = lookContext({ signal: step.signal });
    seeing(context, () => "1");
    context.clock.after(5000, () => step.abort(new Error("the step is out of time")));
    const waiting = turnHands(context.clock, check.perform(operation(), context));
    await expect(waiting).rejects.toThrow("the step is out of time");
    expect(context.clock.pendingTimers).toBe(0);
  });
});
