// A one-off in a Swarm: a job under a name of this run, so that it is made and awaited once.

import { resolve } from "node:path";
import { formatDuration } from "../../lib/duration.ts";
import {
  awaitJob as awaitTask,
  createJob as create,
  type JobOutcome,
  readJobLog,
  removeJob,
} from "../../swarm/run-job.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { OperationOf } from "./operation.ts";
import { PartialFile } from "./partial-file.ts";
import { revealValues } from "./reveal-env.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";
import { timeLeft } from "./time-left.ts";

type AwaitJob = OperationOf<"await-job">;

export const createJob: Handler<"create-job"> = {
  async perform({ like, name, image, command, env, step }, context) {
    const { engine, run, signal } = context;
    const auth = image === null ? null : await run.registryAuth(image);
    const revealed = {
      command: command?.map((word) => context.reveal(word)) ?? null,
      env: revealValues(env, context),
    };
    const labels = run.labels(step, "job");
    return { id: await create(engine, { like, name, image, labels, auth, ...revealed }, signal) };
  },
  inverse: ({ name }) => [{ kind: "remove-service", cause: `the job ${name} was made by the run`, name }],
};

export const awaitJob: Handler<"await-job"> = {
  async perform(operation, context) {
    const { name, successCodes } = operation;
    const waitMs = await timeLeft(operation.waitMs, context);
    const onProgress = (text: string): void => context.progress({ text });
    const ended = await awaitTask(context.engine, { job: name, waitMs, onProgress }, context).catch(
      async (error: unknown) => {
        // As below. A runner that only leaves lets it work: the next one finds it.
        if (error instanceof StepFailure) await removeJob(context.engine, name);
        throw error;
      },
    );
    const lines = new LastLines();
    const output = await keepLog(operation, lines, context);
    // Out of time, it must not go on working.
    if (ended.kind === "late") await removeJob(context.engine, name, context.signal);
    if (ended.kind === "ended" && successCodes.includes(ended.exitCode))
      return { exitCode: ended.exitCode, output };
    throw new StepFailure(`${name} ${wordsFor(ended, operation)}${lines.text()}`);
  },
  inverse: () => [],
};

export const removeService: Handler<"remove-service"> = {
  async perform({ name }, { engine, signal }) {
    await removeJob(engine, name, signal);
    return {};
  },
  inverse: () => [],
};

/** Its lines are shown; where the plan wants it, its standard output is kept. Where, else null. */
async function keepLog(
  { name, output }: AwaitJob,
  lines: LastLines,
  {
    engine,
    run,
    signal,
    log,
  }: Pick<PerformContext, "engine" | "run" | "signal"> & { log: (line: string) => void },
): Promise<string | null> {
  const kept: string[] = [];
  const onLine = ({ stream, text }: { stream: "stdout" | "stderr"; text: string }): void => {
    lines.add(text);
    log(text);
    if (output !== null && stream === "stdout") kept.push(`${text}\n`);
  };
  await readJobLog(engine, name, onLine, signal);
  if (output === null) return null;
  const path = resolve(run.directory, output);
  await write(path, kept.join(""));
  return path;
}

async function write(path: string, text: string): Promise<void> {
  const file = await PartialFile.create(path);
  try {
    const stream = tapLines(() => {}, file.stream());
    const { promise, resolve: done, reject } = Promise.withResolvers<void>();
    stream.on("error", reject).end(text, done);
    await promise;
    await file.sync();
    await file.keep({ replace: true });
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function wordsFor(outcome: JobOutcome, { waitMs }: AwaitJob): string {
  switch (outcome.kind) {
    case "ended":
      return `exited with ${outcome.exitCode}`;
    case "rejected":
      return `never ran: ${outcome.message}`;
    case "late":
      return `did not end within ${formatDuration(waitMs ?? 0)} and was removed`;
  }
}
