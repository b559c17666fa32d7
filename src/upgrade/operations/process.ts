// An app without containers: a command that runs on when the runner has gone, and is found again by its name.

import { resolve } from "node:path";
import type { ProcessTarget } from "../plan/target.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { revealValues } from "./reveal-env.ts";
import { startKey } from "./start-key.ts";
import { StepFailure } from "./step-failure.ts";

/** The runner's own, which may drive the gateway: an app faces the internet, and has no business with it. */
const WITHOUT_TOKEN = { HOLDGATE_TOKEN: "" };

export const startProcess: Handler<"start-process"> = {
  async perform({ id, name, process }, context) {
    // Whole in what is kept of it: the plan that starts it again may stand in another directory.
    const cwd = resolve(context.run.planDirectory, process.cwd ?? ".");
    const { command: words, env } = process;
    refuseSecrets(name, words);
    const about = aboutOf({ ...process, cwd });
    const command = { command: words, cwd, env: { ...WITHOUT_TOKEN, ...revealValues(env, context) }, about };
    const key = await startKey(id, context);
    const { state, stderr } = await context.processes.start(name, key, command);
    if (state.name === "running") return { pid: state.pid };
    const how = state.exitCode === null ? "was killed" : `exited with ${state.exitCode}`;
    throw new StepFailure(
      `${name} (${process.command.join(" ")}) was started and ${how} at once; see ${stderr}`,
    );
  },
  inverse: ({ name, process }) => [
    {
      kind: "stop-process",
      cause: `${name} was started by the run`,
      name,
      before: null,
      graceMs: process.graceMs,
    },
  ],
};

export const stopProcess: Handler<"stop-process"> = {
  async perform({ name, graceMs }, context: PerformContext) {
    await context.processes.stop(name, graceMs, context.signal);
    return {};
  },
  inverse({ name, before, graceMs }, outcome) {
    if (before === null) return [];
    const start = { kind: "start-process", cause: `${name} ran before`, name, process: before } as const;
    if (outcome !== undefined) return [start];
    // It may not have been told to stop, or be about to end: neither is what a start can build on.
    const cause = `whether ${name} has stopped is not known`;
    return [{ kind: "stop-process", cause, name, before: null, graceMs }, start];
  },
};

/** As the plan has it, with the names of secrets in the place of their values: whoever starts it again reveals them. */
function aboutOf({ kind, command, cwd, env, url, graceMs, host }: ProcessTarget) {
  return { kind, command, cwd, env, url, graceMs, host };
}

/** An argument is read by every user of the machine, and is kept beside the process. */
function refuseSecrets(name: string, words: readonly string[]): void {
  if (!words.some((word) => word.includes("${secrets."))) return;
  throw new StepFailure(`the command of ${name} has a secret as an argument; give it in \`env\``);
}
