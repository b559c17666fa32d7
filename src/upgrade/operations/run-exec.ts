// Commands inside running containers, as operations use them. The id of an exec is noted before it starts, so that
// after a crash it is known whether it ran, runs, or never started.

import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { EngineError } from "../../docker/engine-error.ts";
import type { ExecInspect } from "../../docker/engine.ts";
import { poll } from "../../lib/poll.ts";
import type { PerformContext } from "./handler.ts";
import { revealEnv } from "./reveal-env.ts";
import { StepFailure } from "./step-failure.ts";

export interface ExecRequest {
  /** Id of the container, and its name for messages. */
  container: string;
  name: string;
  command: readonly string[];
  user: string | null;
  workdir: string | null;
  env: Readonly<Record<string, string>>;
}

export interface ExecStreams {
  stdin?: Readable;
  stdout: Writable;
  stderr: Writable;
}

/** Its id; nothing runs yet. Secrets are put in for the wire only. */
export function createExec(request: ExecRequest, stdin: boolean, context: PerformContext): Promise<string> {
  const { container, command, user, workdir, env } = request;
  const revealed = command.map((part) => context.reveal(part));
  const body = { command: revealed, user, workdir, env: revealEnv(env, context), stdin };
  return context.engine.exec.create(container, body, context.signal);
}

/** Runs it to its end, its output written out; its exit code. */
export async function runExec(id: string, streams: ExecStreams, context: PerformContext): Promise<number> {
  const written = Promise.all([finished(streams.stdout), finished(streams.stderr)]);
  // Whoever fails first is reported below; the other must not be left without an owner.
  written.catch(() => {});
  await context.engine.exec.start(id, streams, context.signal);
  await written;
  return exitOfExec(id, context);
}

/** Waits for one that was started before. */
export function exitOfExec(id: string, context: PerformContext): Promise<number> {
  const look = async (): Promise<number | undefined> => (await lookAtExec(id, context)).exitCode ?? undefined;
  return poll(context.clock, look, context.signal);
}

export async function lookAtExec(id: string, context: PerformContext): Promise<ExecInspect> {
  const found = await context.engine.exec.inspect(id, context.signal);
  if (found !== undefined) return { ...found, exitCode: found.running ? null : found.exitCode };
  const what = `the engine no longer knows exec ${id.slice(0, 12)}, so nobody can tell how it ended`;
  throw new StepFailure(
    `${what}; look whether its work was done: a resume does it again, a rollback goes back`,
    "needs-a-person",
  );
}

export function isStarted({ running, exitCode, pid }: ExecInspect): boolean {
  return running || exitCode !== null || pid !== 0;
}

/** The engine says so when the same exec is started twice. */
export function isStartedAlready(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "conflict";
}
