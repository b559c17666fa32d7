// One act: a crowd talks through the gateway, the app is upgraded under it, and all is counted.

import { setTimeout as delay } from "node:timers/promises";
import { Crowd, type CrowdOptions } from "./crowd.ts";
import { describeReport } from "./describe-report.ts";
import type { Report } from "./report.ts";
import { otherVersion, type Stage, type Tell } from "./stage.ts";
import { upgradeBlueGreen } from "./upgrade-blue-green.ts";
import { upgradeInPlace } from "./upgrade-in-place.ts";

export interface Act {
  title: string;
  upgrade: (stage: Stage, tell: Tell) => Promise<void>;
}

export const ACTS = {
  inPlace: { title: "In place, under a hold", upgrade: upgradeInPlace },
  blueGreen: { title: "Blue/green", upgrade: upgradeBlueGreen },
} as const satisfies Record<string, Act>;

/** How long the chatters talk before and after the upgrade. */
const TALK_MS = 2_000;

export async function playAct(act: Act, stage: Stage, crowdOptions: CrowdOptions): Promise<Report> {
  const startedAtMs = performance.now();
  const tell: Tell = (line) => {
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${line}`);
  };
  console.log(`\n${act.title}: ${stage.version} → ${otherVersion(stage.version)}`);
  const crowd = await Crowd.gather(crowdOptions);
  tell(`${crowdOptions.names.length} chatters talk`);
  try {
    await delay(TALK_MS);
    await act.upgrade(stage, tell);
    await delay(TALK_MS);
  } catch (error) {
    await crowd.leave();
    throw error;
  }
  const report = await crowd.settle();
  tell("they fall silent; this is what came of it:");
  for (const line of describeReport(report)) console.log(`          ${line}`);
  return report;
}
