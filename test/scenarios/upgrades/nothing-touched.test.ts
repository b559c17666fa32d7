// A plan that is wrong, and one that is only looked at, before a real engine: nothing is asked for but looks, and
// nothing is written down.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { EngineProxy } from "../../support/docker/engine-proxy.ts";
import { inspectEngine } from "../../support/docker/call-engine.ts";
import { runUpgrade } from "../../support/upgrade/run-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectAsBefore } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const file = playSmallChat("nothing-touched");

/** A proxy before the engine, and one before the gateway. */
async function openWatched(part: string) {
  const chat = await file.open(part);
  const engine = await EngineProxy.start(join(chat.dir, "engine.sock"));
  const gateway = await EngineProxy.start(join(chat.dir, "gateway.sock"), chat.gateway.adminSocket);
  onTestFinished(() => [engine, gateway].forEach((proxy) => proxy.close()));
  const env = { HOLDGATE_ADMIN: gateway.socketPath };
  const inspect = () =>
    Promise.all(Object.values(chat.ids).map((id) => inspectEngine(`/containers/${id}/json`)));
  const before = await inspect();
  return {
    chat,
    engine,
    upgrade: (...more: string[]) =>
      runUpgrade({ dir: chat.dir, args: ["plan.yaml", "--docker", engine.socketPath, ...more], env }),
    expectUntouched: async (): Promise<void> => {
      expect([...engine.writes, ...gateway.writes]).toEqual([]);
      expect(await runsOf(chat)).toEqual([]);
      expect(await inspect()).toEqual(before);
      await expectAsBefore(chat);
    },
  };
}

async function runsOf({ dir }: SmallChat): Promise<string[]> {
  const names = await readdir(join(dir, "data/upgrades")).catch(() => []);
  return names.filter((name) => name !== "locks");
}

describe("a plan that is not carried out", { timeout: 60_000 }, () => {
  test("because of mistakes ends with 50; each is told with file, line, key, and what is allowed", async () => {
    const { chat, engine, upgrade, expectUntouched } = await openWatched("wrong");
    const right = chat.plan().split("\n");
    const wrong = right.map((line) =>
      line.replace("lease: 5m", "lease: soon").replace("mode: beside", "mode: besides"),
    );
    await chat.writePlan(wrong.join("\n"));
    const { code, stderr, lines } = await upgrade();
    expect({ code, stderr }).toEqual({ code: 50, stderr: "" });
    const lineOf = (part: string): number => wrong.findIndex((line) => line.includes(part)) + 1;
    expect(lines).toMatchObject([{ type: "finished", state: "refused", exitCode: 50 }]);
    expect(String(lines[0]?.["message"]).split("\n")).toEqual([
      expect.stringMatching(
        `^plan.yaml:${lineOf("soon")}:\\d+ steps\\[0\\].hold.lease: found "soon", expected .+`,
      ),
      expect.stringMatching(
        `^plan.yaml:${lineOf("besides")}:\\d+ steps\\[4\\].replace.mode: found "besides", expected .*in-place.*beside`,
      ),
    ]);
    expect(engine.calls).toEqual([]);
    await expectUntouched();
  });

  test("because a target is not there ends with 50 after looks alone", async () => {
    const { chat, engine, upgrade, expectUntouched } = await openWatched("absent");
    await chat.writePlan(chat.plan().replace(chat.worker, `${chat.worker}-gone`));
    const { code, lines } = await upgrade();
    expect(code).toBe(50);
    expect(lines.at(-1)).toMatchObject({ message: expect.stringContaining(`${chat.worker}-gone`) });
    expect(engine.calls.length).toBeGreaterThan(0);
    await expectUntouched();
  });

  test("because it is a dry run ends with 0, and names every change that would be made", async () => {
    const { chat, engine, upgrade, expectUntouched } = await openWatched("dry");
    await chat.writePlan(chat.plan());
    const { code, stderr, lines } = await upgrade("--dry-run");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const message = String(lines.at(-1)?.["message"]);
    for (const part of [`create the container ${chat.app}-`, `stop ${chat.worker}`, "cutover"])
      expect(message).toContain(part);
    expect(engine.calls.length).toBeGreaterThan(3);
    await expectUntouched();
  });
});
