import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { RunResult, RunWatch, UpgradesPort } from "../../upgrade/upgrades-port.ts";
import type { Invocation } from "../invocation.ts";
import {
  openUpgradeRunner,
  type RunnerVerbOptions,
  tellLastReports,
} from "../upgrade/open-upgrade-runner.ts";
import { renderJournal, renderRuns } from "../upgrade/render-runs.ts";
import { renderUpgrade } from "../upgrade/render-upgrade.ts";
import { watchRun } from "../upgrade/watch-run.ts";
import { examples } from "../verb-options.ts";

interface UpgradeOptions extends RunnerVerbOptions {
  var: Record<string, string>;
  dryRun?: true;
  yes?: true;
  resume?: string | true;
  rollback?: string;
}

export function addUpgrade(program: Command, invocation: Invocation): void {
  const upgrade = program
    .command("upgrade")
    .summary("carry out an upgrade plan, and roll it back when it fails")
    .description(
      "Carries out a plan: the new version is kept, or everything is as it was before.\n" +
        "Ctrl-C stops and rolls back; a second one leaves the run as it is, to be resumed.",
    )
    .argument("[plan]", "the plan's file, like upgrade.yaml")
    .option("--var <name=value>", "a variable, over the plan's own; may be given again", variable, {})
    .option("--dry-run", "only say what would be done")
    .option("--yes", "answer every `confirm` of the plan with yes")
    .option("--resume [run]", "go on with a run that was paused or broke off; the newest when none is named")
    .option("--rollback <run>", "undo a run that is paused, broke off or was kept")
    .option("--docker <socket>", "the engine's socket (DOCKER_HOST, /var/run/docker.sock)")
    .option("--data-dir <directory>", "where journals are kept (the dataDir of the config)")
    .helpCommand(false)
    .addHelpText(
      "after",
      `\nExit code: 0 kept, 10 rolled back, 20 rolled back with loss of data, 30 paused and needs a person,
40 another run is under way, 50 the plan is invalid and nothing was touched.\n${examples(
        "holdgate upgrade upgrade.yaml --dry-run",
        "holdgate upgrade upgrade.yaml --var version=0.18.0",
        "holdgate upgrade --resume",
      )}`,
    );
  upgrade.action(async (plan: string | undefined, options: UpgradeOptions) => {
    const carryOut = await chooseWork(upgrade, plan, options);
    await carryOutRun(carryOut, options, invocation);
  });
  addList(upgrade, invocation);
  addShow(upgrade, invocation);
}

type Work = (upgrades: UpgradesPort, watch: RunWatch) => Promise<RunResult>;

async function chooseWork(
  command: Command,
  file: string | undefined,
  options: UpgradeOptions,
): Promise<Work> {
  const { resume, rollback, var: vars, dryRun = false } = options;
  const given = [file, resume, rollback].filter((choice) => choice !== undefined);
  if (given.length !== 1) command.error("error: give a plan, or --resume, or --rollback <run>");
  // Not passed over in silence: whoever wanted to look first would have gone back.
  if (file === undefined && (dryRun || Object.keys(vars).length > 0)) {
    command.error("error: --dry-run and --var go with a plan; a run that has begun has its own");
  }
  if (rollback !== undefined) return (upgrades, watch) => upgrades.rollback(rollback, watch);
  if (resume !== undefined) {
    return async (upgrades, watch) => upgrades.resume(await runToResume(resume, upgrades), watch);
  }
  const plan = { text: await readPlanFile(file ?? ""), file: file ?? "", vars };
  return (upgrades, watch) => upgrades.run({ plan, dryRun }, watch);
}

async function carryOutRun(work: Work, options: UpgradeOptions, invocation: Invocation): Promise<void> {
  const { clock, terminal } = invocation;
  const log = (line: string): void => terminal.complain(`holdgate: ${line}`);
  const runner = await openUpgradeRunner(options, invocation, log);
  const { client, upgrades } = runner;
  const yes = options.yes === true;
  try {
    await watchRun({ client, upgrades, yes, carryOut: (watch) => work(upgrades, watch) }, invocation);
    await tellLastReports(runner, clock);
  } finally {
    runner.close();
  }
}

async function runToResume(given: string | true, upgrades: UpgradesPort): Promise<string> {
  if (given !== true) return given;
  const unfinished = (await upgrades.list()).find(
    ({ exitCode, state }) => exitCode === null || state === "paused",
  );
  if (unfinished) return unfinished.id;
  throw new GatewayError("not_found", "there is no run to resume: all of them have ended");
}

async function readPlanFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError("plan_invalid", `cannot read the plan ${file}: ${reason}`, { cause });
  }
}

function addList(upgrade: Command, invocation: Invocation): void {
  upgrade
    .command("list")
    .description("Lists the runs of this machine, the newest first.")
    .option("--data-dir <directory>", "where journals are kept (the dataDir of the config)")
    .addHelpText("after", examples("holdgate upgrade list"))
    .action(async (_options: unknown, command: Command) => {
      const runner = await openUpgradeRunner(command.optsWithGlobals(), invocation, () => {});
      try {
        const reports = await runner.upgrades.list();
        invocation.report({ upgrades: reports }, renderRuns(reports));
      } finally {
        runner.close();
      }
    });
}

function addShow(upgrade: Command, invocation: Invocation): void {
  upgrade
    .command("show")
    .description("Shows one run: its steps, and what its journal says.")
    .argument("<run>", "its id, from `holdgate upgrade list`")
    .option("--data-dir <directory>", "where journals are kept (the dataDir of the config)")
    .addHelpText("after", examples("holdgate upgrade show 20261121-105312-k3f9"))
    .action(async (run: string, _options: unknown, command: Command) => {
      const runner = await openUpgradeRunner(command.optsWithGlobals(), invocation, () => {});
      try {
        await showRun(run, runner.upgrades, invocation);
      } finally {
        runner.close();
      }
    });
}

async function showRun(run: string, upgrades: UpgradesPort, invocation: Invocation): Promise<void> {
  const found = await upgrades.show(run);
  if (!found) {
    throw new GatewayError("not_found", `there is no run ${run} here; \`holdgate upgrade list\` lists them`);
  }
  const { terminal, clock } = invocation;
  const width = terminal.stdout.columns || 100;
  const colour = terminal.style("bold", "x") !== "x";
  const lines = renderUpgrade(found.report, { width, colour, now: clock.wall() });
  invocation.report(found, [...lines, "", ...renderJournal(found.records)].join("\n"));
}

function variable(text: string, known: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It is name=value.");
  return { ...known, [name]: value };
}
