// Looks whether all is as the plan needs it, before anything is touched. Everything that is wrong is told at once:
// whoever repairs one thing must not be sent back for the next.

import { EngineError } from "../../docker/engine-error.ts";
import type { Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { commandProblems } from "./preflight/command-problems.ts";
import { driftProblems } from "./preflight/drift-problems.ts";
import { diskProblems, engineProblems } from "./preflight/engine-problems.ts";
import { imageProblems } from "./preflight/image-problems.ts";
import { swarmProblems } from "./preflight/swarm-problems.ts";
import { checkProblems, targetProblems } from "./preflight/target-problems.ts";
import { StepFailure } from "./step-failure.ts";

type PreflightOperation = OperationOf<"preflight">;
type Look = (operation: PreflightOperation, context: PerformContext) => Promise<string[]>;

const LOOKS: readonly Look[] = [
  ({ preflight }, context) => engineProblems(preflight, context),
  ({ preflight }, context) => diskProblems(preflight, context),
  targetProblems,
  driftProblems,
  imageProblems,
  commandProblems,
  swarmProblems,
  checkProblems,
];

export const preflight: Handler<"preflight"> = {
  async perform(operation, context) {
    const problems: string[] = [];
    for (const look of LOOKS) problems.push(...(await problemsOf(look, operation, context)));
    const [only, ...others] = problems;
    if (only === undefined) return {};
    if (others.length === 0) throw new StepFailure(only);
    throw new StepFailure(
      `${problems.length} things are not as they must be:\n${problems.map((each) => `- ${each}`).join("\n")}`,
    );
  },
  inverse: () => [],
};

/** An engine that refuses one look must not hide what the others find; one that is away ends them all. */
async function problemsOf(
  look: Look,
  operation: PreflightOperation,
  context: PerformContext,
): Promise<string[]> {
  try {
    return await look(operation, context);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === "unreachable") throw error;
    return [error.message];
  }
}
