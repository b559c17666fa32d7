// kill -9 of the runner again and again: whoever goes on with a run is killed as well, at each of its operations
// before the effect, after it, and when it is written down; forward, and on the way back.

import { describe, expect, test } from "vitest";
import { type SmallEnd, upgradeSmall } from "../../support/upgrade/killable-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

/** In turn: each operation is begun three times, and gets one step further with each. */
const MOMENTS = ["intent:after", "done:before", "done:after"];
const MOST_KILLS = 200;
const file = playSmallChat("killed-again");

describe("a run whose every runner is killed", { timeout: 300_000 }, () => {
  test("is kept in the end, and each thing was done once", async () => {
    const chat = await file.open("forth");
    await chat.writePlan(chat.plan());
    const traffic = await chat.traffic();
    const { end, kills } = await killAgainAndAgain(chat, upgradeSmall(chat, ["plan.yaml"], "started:after"));
    expect(end).toMatchObject({ code: 0, state: "kept", stderr: "" });
    expect(kills).toBeGreaterThan(60);
    await traffic.goesOn(4);
    await traffic.stop();
    expect(traffic.failed).toEqual([]);
    await expectWhole(chat, end);
    await expectExactlyOnce(chat, traffic);
  });

  test("is rolled back in the end, to the very containers that were there", async () => {
    const chat = await file.open("back");
    await chat.writePlan(chat.plan({ after: '  - command: ["false"]\n' }));
    const traffic = await chat.traffic();
    const { end, kills } = await killAgainAndAgain(chat, upgradeSmall(chat, ["plan.yaml"], "rollback:after"));
    expect(end).toMatchObject({ code: 10, state: "rolled_back", stderr: "" });
    expect(kills).toBeGreaterThan(40);
    await traffic.goesOn(4);
    await traffic.stop();
    expect(traffic.failed).toEqual([]);
    expect(await chat.data("migrations")).toBe("ran\n");
    await expectWhole(chat, end);
    await expectExactlyOnce(chat, traffic);
  });
});

async function killAgainAndAgain(
  chat: SmallChat,
  first: Promise<SmallEnd>,
): Promise<{ end: SmallEnd; kills: number }> {
  expect(await first).toMatchObject({ code: null });
  for (let kills = 1; kills < MOST_KILLS; kills += 1) {
    const end = await upgradeSmall(chat, ["--resume"], MOMENTS[(kills - 1) % MOMENTS.length]);
    if (end.code !== null) return { end, kills };
    expect(await servers(chat)).toBeLessThanOrEqual(2);
  }
  throw new Error(`${MOST_KILLS} runners were killed, and the run has not ended`);
}

/** Never none that could serve, and at most the old one with the new one beside it. */
async function servers(chat: SmallChat): Promise<number> {
  return (await chat.running()).filter((name) => /^app(?:-\S*)? /.test(name)).length;
}
