// Arguments of programs on the runner's machine: every user of it can read them.

import { problem } from "./one-container.ts";

export function hasSecret(text: string): boolean {
  return text.includes("${secrets.");
}

/** @throws {PlanProblem} before anything is touched. @param what whose arguments: `the process app`. */
export function refuseSecretArguments(what: string, command: readonly string[]): void {
  if (!command.some(hasSecret)) return;
  throw problem(
    `${what} has a secret as an argument, which every user of the machine can read; give it in \`env\`, or in a file`,
  );
}
