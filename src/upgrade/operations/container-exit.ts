// The exit of a container that was started, with its output shown while it runs. It is never started again: a
// one-off does its work once, and the engine keeps its exit code and its log until it is removed.

import { EngineError } from "../../docker/engine-error.ts";
import { formatDuration } from "../../lib/duration.ts";
import { sleep } from "../../lib/sleep.ts";
import type { PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import { StepFailure } from "./step-failure.ts";
import { timeLeft } from "./time-left.ts";
import { within } from "./within.ts";

const REPEATED_LINES = 20;
/** For the rest of its log to arrive once it has ended. */
const LOG_GRACE_MS = 2000;

export type AwaitContext = Pick<
  PerformContext,
  "engine" | "clock" | "signal" | "again" | "notes" | "note" | "log"
>;

export interface Awaited {
  id: string;
  /** For messages. */
  name: string;
  waitMs: number | null;
  successCodes: readonly number[];
}

/** Its exit code, one of those that mean success. Out of time, it is stopped. */
export async function awaitContainer(awaited: Awaited, context: AwaitContext): Promise<number> {
  const lines = new LastLines();
  const exitCode = await exitInTime(awaited, lines, context);
  if (awaited.successCodes.includes(exitCode)) return exitCode;
  const found = await context.engine.containers.inspect(awaited.id, context.signal);
  const why = found?.State.OOMKilled ? " (out of memory)" : "";
  throw new StepFailure(`${awaited.name} exited with ${exitCode}${why}${lines.text()}`);
}

async function exitInTime(awaited: Awaited, lines: LastLines, context: AwaitContext): Promise<number> {
  const { id, name, waitMs } = awaited;
  const leftMs = (await hasEnded(id, context)) ? null : await timeLeft(waitMs, context);
  const late = (): Error =>
    new StepFailure(
      `${name} did not end within ${formatDuration(waitMs ?? 0)} and was stopped${lines.text()}`,
    );
  try {
    const limits = { clock: context.clock, signal: context.signal, ms: leftMs, late };
    return await within(limits, (signal) => follow(awaited, lines, context, signal));
  } catch (error) {
    if (error instanceof EngineError && error.kind === "absent") throw vanished(name, error);
    // Out of time, it must not go on working. A runner that only leaves lets it: the next one finds it.
    if (error instanceof StepFailure) await context.engine.containers.stop(id, { timeoutS: null });
    throw error;
  }
}

/** In its time, while no runner was there to see it. */
async function hasEnded(id: string, { again, engine, signal }: AwaitContext): Promise<boolean> {
  if (!again) return false;
  const found = await engine.containers.inspect(id, signal);
  return found?.State.Status === "exited" || found?.State.Status === "dead";
}

async function follow(
  { id }: Awaited,
  lines: LastLines,
  context: AwaitContext,
  signal: AbortSignal,
): Promise<number> {
  const enough = new AbortController();
  const tail = context.again ? REPEATED_LINES : null;
  const onLine = ({ text }: { text: string }): void => {
    lines.add(text);
    context.log(text);
  };
  const bound = AbortSignal.any([signal, enough.signal]);
  const following = context.engine.containers.logs(id, { follow: true, tail }, onLine, bound).catch(() => {
    // Only for showing: what it did is told by its exit code.
  });
  try {
    const exitCode = await context.engine.containers.wait(id, signal);
    await Promise.race([following, sleep(context.clock, LOG_GRACE_MS, bound)]);
    return exitCode;
  } finally {
    enough.abort();
    await following;
  }
}

function vanished(name: string, cause: unknown): StepFailure {
  const what = `${name} was removed before its exit code was read, so nobody can tell how its work ended`;
  return new StepFailure(
    `${what}; look at what it was to do: a resume does it again, a rollback goes back`,
    "needs-a-person",
    {
      cause,
    },
  );
}
