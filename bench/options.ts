// The command line of the benchmark.

import { parseArgs } from "node:util";
import type { Contender } from "./contender.ts";
import { allContenders } from "./contenders/all.ts";
import type { Scenario } from "./scenario.ts";
import { allScenarios } from "./scenarios/all.ts";

export interface BenchOptions {
  scenarios: readonly Scenario[];
  contenders: readonly Contender[];
  seconds: number;
  rounds: number;
  /** Where to write everything that was measured; null: nowhere. */
  json: string | null;
  writeReadme: boolean;
}

export const USAGE = `npm run bench -- [options]
  --only NAME,…         scenarios: ${allScenarios.map((scenario) => scenario.name).join(", ")}
  --contenders NAME,…   ${allContenders.map((contender) => contender.name).join(", ")}
  --seconds N           how long each measurement under steady load lasts (8)
  --rounds N            how often each contender is measured, in turn (3)
  --json FILE           writes all figures of all rounds
  --write-readme        puts the tables into README.md`;

/** Throws with a message for whoever typed it. */
export function parseOptions(args: string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      contenders: { type: "string" },
      // Shorter ones measure the compiler: at 3 s the p99 of a Node proxy was 2.7 times nginx's, at 8 s 1.4 times.
      seconds: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      json: { type: "string" },
      "write-readme": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  return {
    scenarios: pick("--only", allScenarios, values.only),
    contenders: pick("--contenders", allContenders, values.contenders),
    seconds: wholeNumber("--seconds", values.seconds),
    rounds: wholeNumber("--rounds", values.rounds),
    json: values.json ?? null,
    writeReadme: values["write-readme"],
  };
}

/** Those named, in the order of `all`; all of them when nobody is. */
function pick<T extends { name: string }>(
  option: string,
  all: readonly T[],
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return all;
  const names = list.split(",");
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `${option}: there is no ${unknown.join(", ")}; there are ${all.map((one) => one.name).join(", ")}`,
    );
  }
  return all.filter((one) => names.includes(one.name));
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} ${text}: a whole number from 1 up is needed`);
  return value;
}
