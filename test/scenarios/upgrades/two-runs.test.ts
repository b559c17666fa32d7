// A second runner while a run is under way: whatever it was told to do, it leaves with 40, says who is at work, and has
// asked neither the engine nor the gateway for any change.

import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { EngineProxy } from "../../support/docker/engine-proxy.ts";
import { readTree } from "../../support/read-tree.ts";
import { runUpgrade, UpgradeProcess } from "../../support/upgrade/run-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole, statusOf } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const PAUSER = fileURLToPath(new URL("../../support/upgrade/pause-at-records.ts", import.meta.url));
const file = playSmallChat("two-runs");

/** Of the plan's operations: while users wait, and one container is replaced. */
const MIDDLE = 12;

/** Paused whenever an operation is about to begin, for the first time when this resolves. */
async function openFirst(part: string) {
  const chat = await file.open(part);
  await chat.writePlan(chat.plan());
  const traffic = await chat.traffic();
  const env = { PAUSE_AT: "intent" };
  const first = new UpgradeProcess({
    dir: chat.dir,
    args: ["plan.yaml"],
    env,
    nodeArgs: ["--import", PAUSER],
  });
  await once(first.child, "message");
  const run = String(first.lines[0]?.["id"]);
  const holder = `chat is being upgraded by the run ${run} (pid ${first.child.pid} on `;
  return { chat, traffic, first, run, refusal: expect.stringContaining(holder) };
}

/** Sees what a second runner asks of the engine, and of the gateway. */
async function openWatch(chat: SmallChat) {
  const engine = await EngineProxy.start(join(chat.dir, "engine.sock"));
  const gateway = await EngineProxy.start(join(chat.dir, "gateway.sock"), chat.gateway.adminSocket);
  onTestFinished(() => [engine, gateway].forEach((proxy) => proxy.close()));
  const env = { HOLDGATE_ADMIN: gateway.socketPath };
  return {
    gateway,
    second: (...args: string[]) =>
      runUpgrade({ dir: chat.dir, args: [...args, "--docker", engine.socketPath], env }),
    expectUntouched: () => expect([...engine.writes, ...gateway.writes]).toEqual([]),
  };
}

/** All that a second runner could have changed. */
async function looksOf(chat: SmallChat) {
  const containers = (await chat.containers()).map(({ Id, Names, State }) => ({ Id, Names, State }));
  return { status: await statusOf(chat), containers, kept: await readTree(join(chat.dir, "data/upgrades")) };
}

/** Lets the first run go on from where it is; resolves with its next pause, or null at its end. */
async function goOn(first: UpgradeProcess): Promise<unknown> {
  first.child.send("go on");
  const paused = once(first.child, "message").then(([record]: unknown[]) => record);
  return Promise.race([paused, first.ended.then(() => null)]);
}

async function expectKeptByTheFirst({ chat, traffic, first }: Awaited<ReturnType<typeof openFirst>>) {
  const { code, stderr } = await first.ended;
  const { run, state } = first.lines.at(-1) ?? {};
  expect({ code, stderr, state }).toEqual({ code: 0, stderr: "", state: "kept" });
  await traffic.goesOn(4);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  await expectWhole(chat, { state: "kept", run: String(run) });
  await expectExactlyOnce(chat, traffic);
}

describe("while a run is under way, by another process,", { timeout: 120_000 }, () => {
  test("a second upgrade leaves with 40 wherever the first one is, and touches nothing", async () => {
    const stage = await openFirst("plan");
    const { chat, first, refusal } = stage;
    const { gateway, second, expectUntouched } = await openWatch(chat);
    let pauses = 0;
    for (let paused: unknown = {}; paused !== null; paused = await goOn(first), pauses += 1) {
      if (pauses % 8 !== 0) continue;
      const before = await looksOf(chat);
      const { code, lines } = await second("plan.yaml", "--yes");
      expect(code).toBe(40);
      expect(lines).toMatchObject([{ type: "finished", state: "refused", exitCode: 40, message: refusal }]);
      expect(await looksOf(chat)).toEqual(before);
    }
    expect(pauses).toBeGreaterThan(2 * 8);
    expect(gateway.calls.length).toBeGreaterThanOrEqual(3);
    expectUntouched();
    await expectKeptByTheFirst(stage);
  });

  test("nobody goes on with it, and nobody undoes it", async () => {
    const stage = await openFirst("orders");
    const { chat, first, run, refusal } = stage;
    for (let operation = 0; operation < MIDDLE; operation += 1) await goOn(first);
    const { second, expectUntouched } = await openWatch(chat);
    const before = await looksOf(chat);
    expect(before.status.mode.name).toBe("hold");
    for (const args of [["--resume"], ["--resume", run], ["--rollback", run]]) {
      const { code, lines } = await second(...args);
      expect(code).toBe(40);
      expect(lines).toMatchObject([{ type: "finished", state: "refused", run, message: refusal }]);
    }
    expect(await looksOf(chat)).toEqual(before);
    expectUntouched();
    while ((await goOn(first)) !== null);
    await expectKeptByTheFirst(stage);
  });
});
