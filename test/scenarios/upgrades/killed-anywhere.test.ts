// kill -9 of the runner at every record of the journal of a real upgrade, on a real engine, with users: whoever goes
// on with it ends it, nothing is done twice, and no user notices.

import { expect, test } from "vitest";
import { recordNames, type SmallEnd, upgradeSmall } from "../../support/upgrade/killable-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectExactlyOnce, expectWhole } from "../../support/upgrade/stages/small-chat-looks.ts";
import type { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const LANES = 3;
/** Of one run: its runner, and those who went on with it. Each upgrade takes longer than all its kills. */
const KILLS = 3;
const file = playSmallChat("killed-anywhere");

interface Point {
  /** Of the record, from 1. */
  number: number;
  name: string;
  /** Another record has this name, too: only the first runner can be killed at it, which counts. */
  isNamesake: boolean;
}

test("a run that is killed at any record is resumed to its end", { timeout: 600_000 }, async () => {
  const points = await killPoints();
  const furthestApart = Math.ceil(points.length / KILLS);
  expect(points.length).toBeGreaterThan(50);
  const lanes = Array.from({ length: LANES }, async (_, number) => {
    const chat = await openChat(`lane${number}`);
    if (number === 0) await killBeforeTheFirst(chat);
    for (let some = takeSome(points, furthestApart); some[0]; some = takeSome(points, furthestApart)) {
      await chat.reset();
      await killAndResume(chat, some);
    }
  });
  await Promise.all(lanes);
  expect(points).toEqual([]);
});

async function openChat(part: string): Promise<SmallChat> {
  const chat = await file.open(part);
  await chat.writePlan(chat.plan());
  return chat;
}

/**
 * After each record. When an effect has happened and the record that says so is not written, is played by
 * killed-again.test.ts, for every operation.
 */
async function killPoints(): Promise<Point[]> {
  const chat = await openChat("whole");
  const end = await upgradeSmall(chat, ["plan.yaml"]);
  expect(end).toMatchObject({ code: 0, state: "kept" });
  await expectWhole(chat, end);
  const names = await recordNames(chat, end.run);
  return names.map((name, index) => {
    return { number: index + 1, name, isNamesake: names.indexOf(name) !== names.lastIndexOf(name) };
  });
}

/** The first that is left, and some of those behind it, which one run comes to one after the other. */
function takeSome(points: Point[], apart: number): Point[] {
  const some = points.splice(0, 1);
  while (some.length > 0 && some.length < KILLS) {
    const from = (some.at(-1)?.number ?? 0) + apart;
    const at = points.findIndex(({ number, isNamesake }) => number >= from && !isNamesake);
    if (at < 0) break;
    some.push(...points.splice(at, 1));
  }
  return some;
}

/** There is no run yet; what has been ordered in vain is ordered again. */
async function killBeforeTheFirst(chat: SmallChat): Promise<void> {
  const traffic = await chat.traffic();
  await expectKilled(chat, ["plan.yaml"], "1:before");
  const end = await upgradeSmall(chat, ["plan.yaml"]);
  expect(end).toMatchObject({ code: 0, state: "kept", stderr: "" });
  await traffic.goesOn(4);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  await expectWhole(chat, end);
  await expectExactlyOnce(chat, traffic);
}

async function killAndResume(chat: SmallChat, [first, ...others]: Point[]): Promise<void> {
  const traffic = await chat.traffic();
  let killed = await expectKilled(chat, ["plan.yaml"], `${first?.number}:after`);
  for (const { name } of others) killed = await expectKilled(chat, ["--resume"], `${name}:after`);
  const end = await goOn(chat, killed, others.at(-1) ?? first);
  await traffic.goesOn(4);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  await expectWhole(chat, end);
  await expectExactlyOnce(chat, traffic);
}

async function expectKilled(chat: SmallChat, args: readonly string[], killAt: string): Promise<SmallEnd> {
  const end = await upgradeSmall(chat, args, killAt);
  expect(end, `at ${killAt}`).toMatchObject({ code: null, state: null });
  return end;
}

async function goOn(
  chat: SmallChat,
  killed: SmallEnd,
  last: Point | undefined,
): Promise<Pick<SmallEnd, "state" | "run">> {
  const end = await upgradeSmall(chat, ["--resume"]);
  if (last?.name === "finished/") {
    expect(end.code).toBe(1);
    expect(JSON.stringify(end.lines)).toContain("all of them have ended");
    return { run: killed.run, state: "kept" };
  }
  expect(end, `after ${last?.name}`).toMatchObject({ code: 0, state: "kept", stderr: "" });
  return end;
}
