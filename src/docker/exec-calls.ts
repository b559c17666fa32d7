// Commands inside a running container. They outlive their caller, and the engine has no call to end one.

import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import { feedInput } from "../lib/feed-input.ts";
import type { Clock } from "../lib/clock.ts";
import { poll } from "../lib/poll.ts";
import { demuxStream } from "./demux-stream.ts";
import { type EngineCall, pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import type { ExecCalls, ExecInspect, ExecStreams } from "./engine.ts";
import { created } from "./schema-parts.ts";
import { toUnreachable } from "./to-engine-error.ts";
import { unbroken } from "./unbroken.ts";
import { writeFully } from "./write-fully.ts";

const execSchema = z
  .looseObject({ Running: z.boolean(), ExitCode: z.number().nullable(), Pid: z.number() })
  .transform(({ Running, ExitCode, Pid }) => ({ running: Running, exitCode: ExitCode, pid: Pid }));

// It ends a moment after its output; one whose container was killed takes longer.
const END_PATIENCE_MS = 5000;

export function execCalls(connection: EngineConnection, clock: Clock): ExecCalls {
  return {
    async create(container, { command, user, workdir, env = [], stdin = false }, signal) {
      const body = {
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
        Cmd: command,
        Env: env,
        ...(user && { User: user }),
        ...(workdir && { WorkingDir: workdir }),
      };
      const what = `prepare ${command[0]} in container ${container}`;
      const path = `/containers/${pathPart(container)}/exec`;
      const { Id } = await connection.ask({ what, method: "POST", path, body, signal }, created);
      return Id;
    },
    start: (id, streams, signal) => startExec({ connection, clock }, id, streams, signal),
    inspect: (id, signal) => inspectExec(connection, id, signal),
  };
}

function inspectExec(
  connection: EngineConnection,
  id: string,
  signal?: AbortSignal,
): Promise<ExecInspect | undefined> {
  const what = `inspect exec ${id.slice(0, 12)}`;
  return connection.find({ what, method: "GET", path: `/exec/${pathPart(id)}/json`, signal }, execSchema);
}

interface ExecMeans {
  connection: EngineConnection;
  clock: Clock;
}

async function startExec(
  { connection, clock }: ExecMeans,
  id: string,
  { stdin, stdout, stderr }: ExecStreams,
  signal?: AbortSignal,
): Promise<void> {
  const call: EngineCall = {
    what: `run exec ${id.slice(0, 12)}`,
    method: "POST",
    path: `/exec/${pathPart(id)}/start`,
    body: { Detach: false, Tty: false },
    signal,
  };
  // Their errors reach us as those of our writes; unheard, they would end the process.
  for (const target of [stdout, stderr]) target?.on("error", () => {});
  try {
    await (stdin === undefined
      ? passOutput(call, await connection.stream(call), { stdout, stderr })
      : passBoth(call, connection, stdin, { stdout, stderr }));
    await assertEnded({ connection, clock }, call, id);
    stdout?.end();
    stderr?.end();
  } catch (error) {
    // Who reads them learns that this is not all of it.
    const cause = error instanceof Error ? error : new Error(String(error));
    for (const target of [stdout, stderr]) target?.destroy(cause);
    stdin?.destroy();
    throw error;
  }
}

/** Nothing else tells the end of the output from a connection that was cut: both are just closed. */
async function assertEnded({ connection, clock }: ExecMeans, call: EngineCall, id: string): Promise<void> {
  const deadline = clock.now() + END_PATIENCE_MS;
  const look = async (): Promise<boolean | undefined> => {
    const found = await inspectExec(connection, id, call.signal);
    if (found === undefined || !found.running) return true;
    return clock.now() < deadline ? undefined : false;
  };
  if (await poll(clock, look, call.signal)) return;
  throw toUnreachable(call, new Error("its output broke off while the command still runs"));
}

interface Outputs {
  stdout: Writable | undefined;
  stderr: Writable | undefined;
}

async function passBoth(
  call: EngineCall,
  connection: EngineConnection,
  stdin: Readable,
  outputs: Outputs,
): Promise<void> {
  const socket = await connection.hijack(call);
  const end = (): void => void socket.destroy();
  call.signal?.addEventListener("abort", end);
  try {
    const [fed, passed] = await Promise.allSettled([
      feedInput(stdin, socket),
      // What has ended reads no more.
      passOutput(call, socket, outputs).finally(end),
    ]);
    if (fed.status === "rejected") throw fed.reason;
    if (passed.status === "rejected") throw passed.reason;
  } finally {
    call.signal?.removeEventListener("abort", end);
  }
}

export async function passOutput(
  call: EngineCall,
  source: AsyncIterable<Buffer>,
  outputs: Outputs,
): Promise<void> {
  for await (const { stream, bytes } of unbroken(call, demuxStream(source))) {
    const target = outputs[stream];
    if (target !== undefined) await writeFully(target, bytes, call.signal);
  }
}
