// An engine that fails again and again during a whole upgrade: whatever it refuses, delays, answers with 500, or does
// without saying so, no container is lost and nothing is done twice.

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { type EngineFault, EngineProxy, everyNth } from "../../support/docker/engine-proxy.ts";
import { upgradeSmall } from "../../support/upgrade/killable-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole } from "../../support/upgrade/stages/small-chat-looks.ts";

const DELAY_MS = 200;
const FAULTS: Record<string, () => EngineFault> = {
  refused: () => ({ kind: "refuse" }),
  "answered with 500": () => ({ kind: "error" }),
  delayed: () => ({ kind: "wait", until: pause(DELAY_MS) }),
  "carried out, and its answer lost,": () => ({ kind: "lose-answer" }),
};
const CASES = Object.keys(FAULTS).flatMap((fault) => [3, 5, 7].map((n) => ({ fault, n })));
const file = playSmallChat("faulty-engine");

describe("every call to the engine of a certain number is", { timeout: 120_000 }, () => {
  test.for(CASES)("$fault: $n", async ({ fault, n }) => {
    const chat = await file.open(`${fault.replaceAll(/\W/g, "").slice(0, 6)}${n}`);
    await chat.writePlan(chat.plan());
    const proxy = await EngineProxy.start(join(chat.dir, "engine.sock"));
    onTestFinished(() => proxy.close());
    proxy.rule = everyNth(n, FAULTS[fault] ?? (() => ({ kind: "refuse" })));
    const traffic = await chat.traffic();
    const end = await upgradeSmall(chat, ["plan.yaml", "--docker", proxy.socketPath]);
    expect(end).toMatchObject({ stderr: "" });
    // Refused: it could not even be looked at, and nothing was begun.
    expect(["kept", "rolled_back", "refused"]).toContain(end.state);
    await traffic.goesOn(4);
    await traffic.stop();
    expect(traffic.failed).toEqual([]);
    await expectWhole(chat, end);
    await expectExactlyOnce(chat, traffic);
  });
});
