// Program: measures Holdgate beside other proxies (bench/README.md says how to read it). It never fails because of
// a figure; it fails when it cannot measure.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions, USAGE, type BenchOptions } from "./options.ts";
import { wrkIsInstalled } from "./load/wrk.ts";
import { moveToLoadCore } from "./process/cores.ts";
import { describeMachine } from "./report/describe-machine.ts";
import { formatTable } from "./report/format-table.ts";
import { markdownTable } from "./report/markdown-table.ts";
import { printTable } from "./report/print-table.ts";
import { toJson } from "./report/to-json.ts";
import { readmeProblem, writeReadme } from "./report/write-readme.ts";
import { runScenario, takesPart } from "./run-scenario.ts";
import type { ScenarioResult } from "./scenario.ts";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") return console.log(USAGE);
  checkRequirements(options);
  moveToLoadCore();
  const machine = describeMachine(options.contenders);
  console.log(machine);
  const results = await measureAll(options);
  if (options.json !== null) writeFileSync(options.json, toJson(machine, results));
  if (options.writeReadme)
    writeReadme([machine, ...results.map(formatTable).map(markdownTable)].join("\n\n"));
}

function checkRequirements(options: BenchOptions): void {
  if (!wrkIsInstalled()) throw new Error("wrk is not installed: apt-get install wrk nginx haproxy caddy");
  const problem = options.writeReadme ? readmeProblem() : null;
  if (problem !== null) throw new Error(problem);
}

async function measureAll({
  scenarios,
  contenders,
  rounds,
  seconds,
}: BenchOptions): Promise<ScenarioResult[]> {
  // In memory where there is such a place, so that no disk is measured.
  const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "holdgate-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    if (!contenders.some((contender) => takesPart(scenario, contender))) continue;
    const bench = { seconds, directory: mkdtempSync(join(directory, `${scenario.name}-`)) };
    const result = await runScenario({ scenario, contenders, rounds, bench, progress });
    progress("");
    console.log(printTable(formatTable(result)));
    results.push(result);
  }
  return results;
}

/** One line that the next one overwrites, and only for eyes. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
try {
  await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
