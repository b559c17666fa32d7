// After the acts: a quiet conversation goes on, so that one can open the page and try the command
// line in another terminal; in this one, a letter plays an act again.

import { createInterface } from "node:readline";
import { Crowd, type CrowdOptions } from "./crowd.ts";
import { ACTS, playAct, type Act } from "./play-act.ts";
import type { Theatre } from "./theatre.ts";

const QUIET_MS = 4_000;

const LETTERS: Readonly<Record<string, Act>> = { i: ACTS.inPlace, b: ACTS.blueGreen };

/** Goes on until the process is interrupted. */
export async function keepRunning(theatre: Theatre, crowdOptions: CrowdOptions): Promise<never> {
  const quiet = { ...crowdOptions, paceMs: QUIET_MS };
  console.log(hints(theatre));
  for (;;) {
    // In maintenance nobody gets in; the letters still work.
    const crowd = await Crowd.gather(quiet).catch(() => undefined);
    const act = await chosenAct();
    await crowd?.leave();
    try {
      await playAct(act, theatre.stage, crowdOptions);
    } catch (error) {
      // Perhaps the gateway was told something else meanwhile, from the other terminal.
      console.error(`\n${act.title} did not work: ${String(error)}`);
    }
  }
}

function hints({ url, cli }: Theatre): string {
  return `
The conversation goes on, more quietly: ${url.replace("127.0.0.1", "localhost")}
In another terminal, in this directory:
    ${cli} status
    ${cli} hold
    ${cli} release
    ${cli} maintenance on
    ${cli} maintenance off
Here: i and Enter upgrades in place, b and Enter blue/green, Ctrl-C ends.`;
}

async function chosenAct(): Promise<Act> {
  // Without a terminal there is nobody to choose.
  if (!process.stdin.isTTY) return new Promise(() => {});
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) {
      const act = LETTERS[line.trim().toLowerCase()];
      if (act) return act;
    }
  } finally {
    lines.close();
  }
  return new Promise(() => {}); // The terminal was closed.
}
