// What a run changes at the gateway, and that it comes back to how it was: also when the answer was lost, and also
// when nobody knows whether anything had happened.

import { describe, expect, test } from "vitest";
import { ProblemError, problemOf } from "../../../src/client/problem-error.ts";
import { GatewayError } from "../../../src/lib/gateway-error.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { announce, withdrawAnnouncement } from "../../../src/upgrade/operations/announce.ts";
import { clearCandidate, setCanary, setCandidate } from "../../../src/upgrade/operations/candidate.ts";
import { cutover } from "../../../src/upgrade/operations/cutover.ts";
import type { ModeOrder, OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { setMode } from "../../../src/upgrade/operations/set-mode.ts";
import { putUpstream, removeUpstream } from "../../../src/upgrade/operations/upstreams.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { fakeEndpoint } from "../../support/docker/fake-inspect.ts";
import { eventually } from "../../support/eventually.ts";
import { lookContext, resumed } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

const HOLD: ModeOrder = { name: "hold", leaseMs: 60_000, maxWaitMs: null, onLeaseEnd: null, wait: true };
const OPEN: ModeOrder = { name: "open", wait: true };

function modeOperation(mode: ModeOrder): OperationOf<"set-mode"> {
  return { ...common("mode"), kind: "set-mode", mode };
}

const NOT_HEALTHY = new ProblemError(problemOf(new GatewayError("not_healthy", "refused: not healthy")));

/** The mode orders and waits of an inverse, in short. */
function shortly(effects: ReturnType<typeof setMode.inverse>): string[] {
  return effects.map((effect) => (effect.kind === "set-mode" ? effect.mode.name : effect.kind));
}

describe("a hold", () => {
  test("is undone by opening again, when the app answers", async () => {
    const context = lookContext();
    const outcome = await setMode.perform(modeOperation(HOLD), context);
    expect(outcome).toEqual({ before: { name: "open" }, settled: true, remaining: null });
    expect(shortly(setMode.inverse(modeOperation(HOLD), outcome))).toEqual(["await-active", "open"]);
  });

  test("that came over a maintenance is undone to that, with its message", async () => {
    const context = lookContext();
    const maintenance = { message: "back soon", expectedMs: 60_000, retryAfterMs: 5000 };
    await context.gateway.setMode({ name: "maintenance", ...maintenance });
    const outcome = await setMode.perform(modeOperation(HOLD), context);
    const [inverse] = setMode.inverse(modeOperation(HOLD), outcome);
    expect(inverse).toMatchObject({
      mode: { name: "maintenance", message: "back soon", retryAfterMs: 5000 },
    });
  });

  test("whose answer was lost is known by what was noted before it", async () => {
    const context = lookContext();
    context.gateway.after = () => {
      throw new Error("the gateway was killed");
    };
    await expect(setMode.perform(modeOperation(HOLD), context)).rejects.toThrow("killed");
    context.gateway.after = () => {};
    const outcome = await setMode.perform(modeOperation(HOLD), resumed(context));
    expect(outcome).toMatchObject({ before: { name: "open" } });
    expect(context.noted).toEqual([{ before: { name: "open" } }]);
  });

  test("of which nothing was noted had not begun", () => {
    expect(setMode.inverse(modeOperation(HOLD), undefined, {})).toEqual([]);
    const noted = { before: { name: "open" } };
    expect(shortly(setMode.inverse(modeOperation(HOLD), undefined, noted))).toEqual(["await-active", "open"]);
  });

  test("that does not settle goes on, and says what was left", async () => {
    const context = lookContext();
    context.gateway.settles = { settled: false, remaining: "2 requests" };
    const outcome = await setMode.perform(modeOperation(HOLD), context);
    expect(outcome).toMatchObject({ settled: false, remaining: "2 requests" });
    expect(context.lines).toEqual(["the gateway went on with 2 requests left"]);
  });
});

describe("a release", () => {
  test("is undone by holding again", async () => {
    const context = lookContext();
    await context.gateway.setMode(HOLD);
    const outcome = await setMode.perform(modeOperation(OPEN), context);
    const [inverse, ...others] = setMode.inverse(modeOperation(OPEN), outcome);
    expect(inverse).toMatchObject({ mode: { name: "hold", leaseMs: null, wait: false } });
    expect(others).toEqual([]);
  });

  test("of what was open already has nothing to undo", async () => {
    const outcome = await setMode.perform(modeOperation(OPEN), lookContext());
    expect(setMode.inverse(modeOperation(OPEN), outcome)).toEqual([]);
  });
});

describe("an announcement", () => {
  const operation: OperationOf<"announce"> = {
    ...common("announce"),
    kind: "announce",
    message: "upgrade",
    inMs: 60_000,
  };

  test("names the same moment when it is made again", async () => {
    const context = lookContext();
    const at = context.clock.wall() + 60_000;
    await announce.perform(operation, context);
    context.clock.advance(30_000);
    expect(await announce.perform(operation, resumed(context))).toEqual({ at });
    expect(context.gateway.announcement).toEqual({ message: "upgrade", at });
  });

  test("is taken back", async () => {
    const context = lookContext();
    await announce.perform(operation, context);
    expect(announce.inverse(operation, {})).toMatchObject([{ kind: "withdraw-announcement" }]);
    await withdrawAnnouncement.perform({ ...common("withdraw"), kind: "withdraw-announcement" }, context);
    expect(context.gateway.announcement).toBeNull();
  });
});

describe("an upstream", () => {
  const put = (url: string): OperationOf<"put-upstream"> => {
    return { ...common("put"), kind: "put-upstream", upstream: "green", address: { kind: "url", url } };
  };

  test("that is new is undone by removing it, one that was changed by its address of before", async () => {
    const context = lookContext();
    const outcome = await putUpstream.perform(put("http://a:1"), context);
    expect(outcome).toEqual({ before: null, url: "http://a:1" });
    expect(putUpstream.inverse(put("http://a:1"), outcome)).toMatchObject([{ kind: "remove-upstream" }]);

    const changed = await putUpstream.perform(put("http://b:1"), context);
    const [inverse] = putUpstream.inverse(put("http://b:1"), changed);
    expect(inverse).toMatchObject({ kind: "put-upstream", address: { url: "http://a:1" } });
    expect(context.gateway.upstream("green")?.urls).toEqual(["http://b:1"]);
  });

  test("with several addresses is left alone, for they could not be put back", async () => {
    const context = lookContext();
    await context.gateway.putUpstream("green", "http://a:1");
    context.gateway.upstream("green")?.urls.push("http://b:1");
    await expect(putUpstream.perform(put("http://c:1"), context)).rejects.toThrow("use another name");
    expect(putUpstream.inverse(put("http://c:1"), undefined, {})).toEqual([]);
  });

  test("is where a container is now, by its address or by its name", async () => {
    const engine = new FakeEngine();
    const { inspect } = engine.containers.add({ name: "chat-b" });
    inspect.NetworkSettings.Networks["chat"] = fakeEndpoint("chat", { IPAddress: "10.99.0.2" });
    const context = lookContext({ engine });
    const container = { id: inspect.Id, name: "chat-b" };
    const at = async (by: "address" | "name") => {
      const address = { kind: "container", container, port: 3000, network: null, by } as const;
      const operation: OperationOf<"put-upstream"> = { ...put(""), address };
      return (await putUpstream.perform(operation, context))["url"];
    };
    expect(await at("address")).toBe("http://10.99.0.2:3000");
    expect(await at("name")).toBe("http://chat-b:3000");
    engine.containers.exit("chat-b", 1);
    await expect(at("address")).rejects.toThrow("chat-b is exited, so it has no address");
  });

  test("that is removed can be had again, and one that is gone already is removed", async () => {
    const context = lookContext();
    const operation: OperationOf<"remove-upstream"> = {
      ...common("remove"),
      kind: "remove-upstream",
      upstream: "green",
    };
    expect(await removeUpstream.perform(operation, context)).toEqual({ before: null });
    await context.gateway.putUpstream("green", "http://a:1");
    const outcome = await removeUpstream.perform(operation, context);
    expect(removeUpstream.inverse(operation, outcome)).toMatchObject([{ address: { url: "http://a:1" } }]);
    expect(context.gateway.calls).toEqual(["put green http://a:1", "remove green"]);
  });
});

describe("a candidate", () => {
  const set: OperationOf<"set-candidate"> = {
    ...common("candidate"),
    kind: "set-candidate",
    upstream: "green",
    waitHealthyMs: null,
  };
  const clear: OperationOf<"clear-candidate"> = { ...common("clear"), kind: "clear-candidate" };

  test("is undone to the one before, or to none", async () => {
    const context = lookContext();
    await context.gateway.putUpstream("green", "http://a:1");
    const outcome = await setCandidate.perform(set, context);
    expect(setCandidate.inverse(set, outcome)).toMatchObject([{ kind: "clear-candidate" }]);
    expect(setCandidate.inverse(set, { before: "red" })).toMatchObject([{ upstream: "red" }]);
    const cleared = await clearCandidate.perform(clear, context);
    expect(clearCandidate.inverse(clear, cleared)).toMatchObject([{ upstream: "green" }]);
    expect(await clearCandidate.perform(clear, context)).toEqual({ before: null });
  });
});

describe("a canary", () => {
  const share: OperationOf<"set-canary"> = {
    ...common("canary"),
    kind: "set-canary",
    percent: 20,
    restores: false,
  };

  test("is undone to the share before, or to none", async () => {
    const context = await prepared();
    const outcome = await setCanary.perform(share, context);
    expect(outcome).toEqual({ before: null });
    expect(setCanary.inverse(share, outcome)).toMatchObject([{ kind: "set-canary", percent: null }]);
    const next = await prepared();
    await next.gateway.setCanary(20);
    const more = { ...share, percent: 50 };
    expect(setCanary.inverse(more, await setCanary.perform(more, next))).toMatchObject([
      { kind: "set-canary", percent: 20, restores: true },
    ]);
    expect(setCanary.inverse(share, { before: 20 })).toEqual([]);
    expect(setCanary.inverse(share, undefined, {})).toEqual([]);
  });

  test("whose answer was lost is undone to what was noted before it", async () => {
    const context = await prepared();
    context.gateway.after = () => {
      throw new Error("the gateway was killed");
    };
    await expect(setCanary.perform(share, context)).rejects.toThrow("killed");
    expect(setCanary.inverse(share, undefined, context.notes)).toMatchObject([{ percent: null }]);
  });

  test("is refused without a candidate, but put back only where there is one", async () => {
    const context = lookContext();
    await expect(setCanary.perform(share, context)).rejects.toThrow("no candidate");
    await setCanary.perform({ ...share, restores: true }, context);
    expect(context.gateway.calls).toEqual([]);
  });
});

const CUTOVER: OperationOf<"cutover"> = {
  ...common("cutover"),
  kind: "cutover",
  to: null,
  force: false,
  drainTimeoutMs: null,
  wait: true,
  loses: null,
};

async function prepared() {
  const context = lookContext();
  await context.gateway.putUpstream("green", "http://a:1");
  await context.gateway.setCandidate("green");
  context.gateway.calls.length = 0;
  return context;
}

const back = (outcome: JsonObject | undefined, notes?: JsonObject) =>
  cutover.inverse(CUTOVER, outcome, notes);

describe("a cutover", () => {
  test("goes to the candidate, and back to where it was, whatever the health of that", async () => {
    const context = await prepared();
    const outcome = await cutover.perform(CUTOVER, context);
    expect(outcome).toEqual({ from: "blue", to: "green" });
    expect(back(outcome)).toMatchObject([{ kind: "cutover", to: "blue", force: true, wait: true }]);
  });

  test("whose answer was lost is not done twice", async () => {
    const context = await prepared();
    context.gateway.after = () => {
      throw new Error("the gateway was killed");
    };
    await expect(cutover.perform(CUTOVER, context)).rejects.toThrow("killed");
    context.gateway.after = () => {};
    expect(await cutover.perform(CUTOVER, resumed(context))).toEqual({ from: "blue", to: "green" });
    expect(context.gateway.calls).toEqual(["cutover green"]);
    expect(back(undefined, context.notes)).toMatchObject([{ to: "blue" }]);
  });

  test("that never reached the gateway is done then", async () => {
    const context = await prepared();
    context.gateway.before = (call) => {
      if (call.startsWith("cutover")) throw new Error("the gateway is away");
    };
    await expect(cutover.perform(CUTOVER, context)).rejects.toThrow("away");
    context.gateway.before = () => {};
    expect(await cutover.perform(CUTOVER, resumed(context))).toEqual({ from: "blue", to: "green" });
    expect(context.gateway.service.slots).toMatchObject({ active: "green", previous: "blue" });
  });

  test("to what is active already is done, and has nothing to undo", async () => {
    const context = await prepared();
    const outcome = await cutover.perform({ ...CUTOVER, to: "blue" }, context);
    expect(context.gateway.calls).toEqual([]);
    expect(back(outcome)).toEqual([]);
    expect(back(undefined, {})).toEqual([]);
  });

  test("without anybody to go to is refused", async () => {
    await expect(cutover.perform(CUTOVER, lookContext())).rejects.toThrow("set a candidate");
  });
});

describe("a cutover that the gateway refuses", () => {
  test("because it was just started, and has not asked the new version yet, is ordered again", async () => {
    const context = await prepared();
    let refused = 0;
    context.gateway.before = (call) => {
      if (!call.startsWith("cutover")) return;
      if (context.gateway.upstream("green")?.health.state === "healthy") return;
      refused += 1;
      throw NOT_HEALTHY;
    };
    const running = cutover.perform(CUTOVER, context);
    await eventually(() => expect(context.clock.pendingTimers).toBe(1));
    context.gateway.sees("green", { state: "healthy" });
    context.clock.advance(250);
    expect(await running).toEqual({ from: "blue", to: "green" });
    expect(refused).toBe(1);
  });

  test("and that has seen it well by the time it is asked, is ordered again", async () => {
    const context = await prepared();
    context.gateway.before = (call) => {
      if (!call.startsWith("cutover")) return;
      context.gateway.before = () => {};
      context.gateway.sees("green", { state: "healthy" });
      throw NOT_HEALTHY;
    };
    const running = cutover.perform(CUTOVER, context);
    await eventually(() => expect(context.clock.pendingTimers).toBe(1));
    context.clock.advance(250);
    expect(await running).toEqual({ from: "blue", to: "green" });
  });

  test("because it knows the new version to be ill is not", async () => {
    const context = await prepared();
    context.gateway.sees("green", { state: "unhealthy" });
    context.gateway.before = (call) => {
      if (call.startsWith("cutover")) throw NOT_HEALTHY;
    };
    await expect(cutover.perform(CUTOVER, context)).rejects.toThrow("refused");
  });
});
