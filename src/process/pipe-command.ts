// A command that ends with its starter: bytes go in, bytes come out, and its exit code says whether that was right.

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { feedInput } from "../lib/feed-input.ts";
import { ProcessError } from "./process-error.ts";

export interface PipeStreams {
  /** Left out: nothing to read. A command may end before it has read everything. */
  stdin?: Readable;
  /** Written with back-pressure, and ended. */
  stdout: Writable;
  stderr: Writable;
}

/** Its exit code; null: it was killed. Aborted, it is killed too. */
export async function pipeCommand(
  command: readonly string[],
  cwd: string,
  { stdin, stdout, stderr }: PipeStreams,
  signal: AbortSignal,
): Promise<number | null> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd, stdio: ["pipe", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
  // Its own write says so too; unheard, it would end this process.
  child.stdin.on("error", () => {});
  const ended = once(child, "close");
  const passed = Promise.all([pipeline(child.stdout, stdout), pipeline(child.stderr, stderr)]);
  const fed = stdin === undefined ? child.stdin.end() : feedInput(stdin, child.stdin);
  try {
    const [[code]] = await Promise.all([ended, passed, fed]);
    return typeof code === "number" ? code : null;
  } catch (cause) {
    child.kill("SIGKILL");
    for (const target of [stdout, stderr])
      target.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    stdin?.destroy();
    await Promise.allSettled([ended, passed, fed]);
    signal.throwIfAborted();
    if (child.pid === undefined)
      throw new ProcessError(`cannot run ${program} in ${cwd}; is it installed?`, { cause });
    throw cause;
  }
}
