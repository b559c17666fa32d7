// Asks the new version whether there is something to migrate, in a container of its own that is removed behind it.
// A question may be asked twice: after a crash it is simply asked again.

import { BoundedOutput } from "../checks/bounded-output.ts";
import type { Handler } from "./handler.ts";
import { exitOfOneOff } from "./one-off-run.ts";
import type { OperationOf, ResolvedRun } from "./operation.ts";
import { removeLeft } from "./remove-left.ts";

/** What some tools say it with; with 0 nothing is written when nothing is pending. */
const NOTHING_PENDING = 3;
/** From here on a code says that the question was not asked: no such command, or killed. */
const FIRST_CODE_OF_FAILURE = 126;
const ANSWERS = Array.from({ length: FIRST_CODE_OF_FAILURE }, (_, code) => code);
const LONGEST_LIST_BYTES = 64 * 1024;

/** Resolves with `{ pending }`. */
export const readPending: Handler<"read-pending"> = {
  async perform(operation, context) {
    const stdout = new BoundedOutput(LONGEST_LIST_BYTES);
    const exitCode = await exitOfOneOff(operation, runOf(operation), { stdout }, context);
    const list = stdout.text.trim();
    for (const line of list === "" ? [] : list.split("\n")) context.log(line);
    const pending = exitCode !== NOTHING_PENDING && (exitCode !== 0 || list !== "");
    return { pending, exitCode };
  },
  inverse: ({ id }, outcome) => (outcome === undefined ? removeLeft(id, `the question of ${id}`) : []),
};

function runOf({ like, image, command, change }: OperationOf<"read-pending">): ResolvedRun {
  const withCommand = { ...change, command };
  return { kind: "run", like, image, change: withCommand, waitMs: null, successCodes: ANSWERS };
}
