// The streams of a container's own command. Attached before it is started, nothing of its output is missed; and its
// bytes come as they are, where the engine's log would make text of them.

import type { Writable } from "node:stream";
import { feedInput } from "../lib/feed-input.ts";
import { type EngineCall, pathPart } from "./engine-call.ts";
import type { LogSource } from "./container-logs.ts";
import type { ExecStreams } from "./engine.ts";
import { passOutput } from "./exec-calls.ts";
import { unbroken } from "./unbroken.ts";
import { writeFully } from "./write-fully.ts";

export async function attachContainer(
  { connection, looks, what }: LogSource,
  id: string,
  { stdin, stdout, stderr }: ExecStreams,
  begin: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const query = { stream: true, stdin: stdin !== undefined, stdout: true, stderr: true };
  const path = `/containers/${pathPart(id)}/attach`;
  const call: EngineCall = { what: `attach to container ${what}`, method: "POST", path, query, signal };
  const hasTerminal = (await looks.inspect(id, signal))?.Config["Tty"] === true;
  for (const target of [stdout, stderr]) target?.on("error", () => {});
  const socket = await connection.hijack(call);
  const end = (): void => void socket.destroy();
  signal?.addEventListener("abort", end);
  try {
    await begin();
    const fed = stdin === undefined ? Promise.resolve() : feedInput(stdin, socket);
    const passed = hasTerminal
      ? passTerminal(call, socket, stdout)
      : passOutput(call, socket, { stdout, stderr });
    // What has ended reads no more.
    const results = await Promise.allSettled([fed, passed.finally(end)]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    stdout?.end();
    stderr?.end();
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    for (const target of [stdout, stderr]) target?.destroy(cause);
    stdin?.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    socket.destroy();
  }
}

/** A terminal has one stream, without frames. */
async function passTerminal(
  call: EngineCall,
  source: AsyncIterable<Buffer>,
  stdout?: Writable,
): Promise<void> {
  for await (const bytes of unbroken(call, source)) {
    if (stdout !== undefined) await writeFully(stdout, bytes, call.signal);
  }
}
