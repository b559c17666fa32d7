// Runs one command line to its exit code: 0 done, 1 not done, 2 not understood.

import { CommanderError } from "commander";
import type { Problem } from "../admin/api-types.ts";
import { ERROR_TABLE, GatewayError } from "../lib/gateway-error.ts";
import { buildProgram } from "./build-program.ts";
import { Invocation, type InvocationParts } from "./invocation.ts";
import { problemOf, ProblemError } from "../client/problem-error.ts";

const USAGE_EXIT_CODE = 2;
/** As `holdgate upgrade` has it for every plan with a mistake: nothing was touched. */
const PLAN_INVALID_EXIT_CODE = 50;

export async function runCli(args: readonly string[], parts: InvocationParts): Promise<number> {
  const invocation = new Invocation(parts);
  const program = buildProgram(invocation);
  try {
    await program.parseAsync(args, { from: "user" });
    return invocation.exitCode;
  } catch (error) {
    // The options are copied before an action runs only; a usage error comes earlier.
    invocation.options = program.opts();
    return explain(error, invocation);
  }
}

function explain(error: unknown, invocation: Invocation): number {
  if (error instanceof CommanderError) return explainUsage(error, invocation);
  const problem = asProblem(error);
  if (invocation.json) invocation.terminal.printJson(problem);
  else invocation.terminal.complain(`holdgate: ${sentenceFor(problem)}`);
  if (problem.code === "plan_invalid") return PLAN_INVALID_EXIT_CODE;
  return problem.status === ERROR_TABLE.bad_request.status ? USAGE_EXIT_CODE : 1;
}

// A list of problems, or a stack, starts on a line of its own.
function sentenceFor({ title, detail, code }: Problem): string {
  return detail.includes("\n") ? `${title} (${code})\n${detail}` : `${detail} (${code})`;
}

// commander has written its message already; --help and --version arrive here with exit code 0.
function explainUsage(error: CommanderError, invocation: Invocation): number {
  if (error.exitCode === 0) return 0;
  if (invocation.json) {
    const detail = error.message.replace(/^error: /, "");
    invocation.terminal.printJson(problemOf(new GatewayError("bad_request", detail)));
  }
  return USAGE_EXIT_CODE;
}

function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof GatewayError) return problemOf(error);
  // A mistake of ours: whoever reports it needs the stack.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return problemOf(new GatewayError("internal", detail));
}
