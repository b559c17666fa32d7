// kill -9 of the runner at every record of the journal of a real upgrade, on a real engine, with users: whoever goes
// on with it ends it, nothing is done twice, and no user notices.

import { expect, test } from "vitest";
import { recordTypes, type SmallEnd, upgradeSmall } from "../../support/upgrade/killable-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const LANES = 3;
/** Then there is nothing left to go on with. */
const LAST = "finished:after";
const file = playSmallChat("killed-anywhere");

test("a run that is killed at any record is resumed to its end", { timeout: 600_000 }, async () => {
  const points = await killPoints();
  expect(points.length).toBeGreaterThan(50);
  const lanes = Array.from({ length: LANES }, async (_, number) => {
    const chat = await openChat(`lane${number}`);
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      await chat.reset();
      await killAndResume(chat, point);
    }
  });
  await Promise.all(lanes);
});

async function openChat(part: string): Promise<SmallChat> {
  const chat = await file.open(part);
  await chat.writePlan(chat.plan());
  return chat;
}

/**
 * After each record, and before the first. When an effect has happened and the record that says so is not written, is
 * played by killed-again.test.ts, for every operation.
 */
async function killPoints(): Promise<string[]> {
  const chat = await openChat("whole");
  const end = await upgradeSmall(chat, ["plan.yaml"]);
  expect(end).toMatchObject({ code: 0, state: "kept" });
  await expectWhole(chat, end);
  const types = await recordTypes(chat, end.run);
  const after = types.map((type, index) => (type === "finished" ? LAST : `${index + 1}:after`));
  return ["1:before", ...after];
}

async function killAndResume(chat: SmallChat, point: string): Promise<void> {
  const traffic = await chat.traffic();
  const killed = await upgradeSmall(chat, ["plan.yaml"], point);
  expect(killed, `at ${point}`).toMatchObject({ code: null, state: null });
  const end = await goOn(chat, killed, point);
  await traffic.goesOn(4);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  await expectWhole(chat, end);
  await expectExactlyOnce(chat, traffic);
}

async function goOn(
  chat: SmallChat,
  killed: SmallEnd,
  point: string,
): Promise<Pick<SmallEnd, "state" | "run">> {
  // Before its first record there is no run yet; what has been ordered in vain is ordered again.
  const end = await upgradeSmall(chat, point === "1:before" ? ["plan.yaml"] : ["--resume"]);
  if (point === LAST) {
    expect(end.code).toBe(1);
    expect(JSON.stringify(end.lines)).toContain("all of them have ended");
    return { run: killed.run, state: "kept" };
  }
  expect(end, `at ${point}`).toMatchObject({ code: 0, state: "kept", stderr: "" });
  return end;
}
