// `npm run demo`: the gateway in front of the chat app, with people who talk while 1.0.0 and 2.0.0
// are exchanged, in place and blue/green. With --once it ends after both, and its exit code says
// whether anything was lost; without, it goes on, so that one can look and try.

import type { CrowdOptions } from "./crowd.ts";
import { readDemoOptions, type DemoOptions } from "./demo-options.ts";
import { keepRunning } from "./keep-running.ts";
import { ACTS, playAct } from "./play-act.ts";
import { lossesOf } from "./report.ts";
import { openTheatre, type Theatre } from "./theatre.ts";

const NAMES = ["ada", "ben", "cleo", "dora", "emil", "fay"];
const LIVELY_MS = 300;

type Ending = "nothing lost" | "lost" | "failed" | "interrupted";

const EXIT_CODES: Record<Ending, number> = { "nothing lost": 0, lost: 1, failed: 1, interrupted: 0 };

process.exit(EXIT_CODES[await main()]);

async function main(): Promise<Ending> {
  const interrupted = interruption();
  let theatre: Theatre | undefined;
  try {
    // `holdgate demo` imports this file; the arguments are its own then.
    const options = readDemoOptions(import.meta.main ? process.argv.slice(2) : [], process.env);
    theatre = await openTheatre(options);
    // What an interruption leaves waiting in the play ends with the process.
    return await Promise.race([play(options, theatre), interrupted]);
  } catch (error) {
    console.error(`\ndemo: ${describeError(error)}`);
    return "failed";
  } finally {
    await theatre?.close();
  }
}

async function play({ once }: DemoOptions, theatre: Theatre): Promise<Ending> {
  const { stage, url } = theatre;
  console.log(
    `The chat app ${stage.version} runs behind the gateway: ${url.replace("127.0.0.1", "localhost")}`,
  );
  const crowd: CrowdOptions = { url, room: "lobby", names: NAMES, paceMs: LIVELY_MS };
  const reports = [await playAct(ACTS.inPlace, stage, crowd), await playAct(ACTS.blueGreen, stage, crowd)];
  if (!once) await keepRunning(theatre, crowd);
  return reports.every((report) => lossesOf(report).length === 0) ? "nothing lost" : "lost";
}

/** Resolves at the first Ctrl-C; a second one ends everything at once. */
async function interruption(): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let times = 0;
  const interrupt = () => {
    if (++times > 1) process.exit(130);
    console.log("\nEnding …");
    resolve("interrupted");
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return promise;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
