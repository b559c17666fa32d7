// kill -9 of the gateway while the runner works: the run goes on, and mode and slots come back with the gateway. Users
// lose the connections that it held, and are never answered with anything else.

import { on } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UpgradeProcess } from "../../support/upgrade/run-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole, statusOf } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const PAUSER = fileURLToPath(new URL("../../support/upgrade/pause-at-records.ts", import.meta.url));
const file = playSmallChat("gateway-killed");

test.for([
  { when: "while the runner waits for it", goesOn: "after" },
  { when: "and starts while the runner calls it", goesOn: "before" },
] as const)(
  "a gateway that is killed at every operation of a run, $when",
  { timeout: 300_000 },
  async ({ goesOn }) => {
    const chat = await file.open(goesOn);
    await chat.writePlan(chat.plan());
    const traffic = await chat.traffic(4);
    const upgrade = new UpgradeProcess({
      dir: chat.dir,
      args: ["plan.yaml"],
      env: { PAUSE_AT: "intent" },
      nodeArgs: ["--import", PAUSER],
    });
    let kills = 0;
    const ended = new AbortController();
    void upgrade.ended.then(() => ended.abort());
    try {
      for await (const _ of on(upgrade.child, "message", { signal: ended.signal })) {
        kills += 1;
        if (goesOn === "after") await crash(chat);
        else await crashMeanwhile(chat, () => upgrade.child.send("go on"));
        if (goesOn === "after") upgrade.child.send("go on");
      }
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
    const { code, stderr } = await upgrade.ended;
    expect({ code, stderr, kills }).toMatchObject({ code: 0, stderr: "" });
    expect(kills).toBeGreaterThan(20);
    await traffic.goesOn(8);
    await traffic.stop();
    const statuses = traffic.failed.map(({ status }) => status);
    expect([...new Set(statuses)]).toEqual([0]);
    await expectWhole(chat, { state: "kept", run: String(upgrade.lines.at(-1)?.["run"]) });
    await expectExactlyOnce(chat, traffic);
  },
);

/** What it was told before it was killed is what it knows afterwards. */
async function crash(chat: SmallChat): Promise<void> {
  const { mode, slots } = await statusOf(chat);
  await chat.gateway.end("SIGKILL");
  await chat.startGateway();
  expect(await statusOf(chat)).toMatchObject({ mode: { name: mode.name }, slots });
}

async function crashMeanwhile(chat: SmallChat, goOn: () => void): Promise<void> {
  await chat.gateway.end("SIGKILL");
  goOn();
  await chat.startGateway();
}
