import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/**
 * Writes a command's standard input and ends it. A command may end before it has read everything, and only its exit
 * code says whether that was right: so this fails only when `source` does, and then the input is cut, not ended, for
 * half of it must not look whole.
 *
 * By hand, because a `pipeline` into a socket that was destroyed meanwhile does not always settle (Node 26).
 */
export async function feedInput(source: Readable, input: Writable): Promise<void> {
  // Its end says the same; unheard, this would end the process.
  input.on("error", () => {});
  const closed = new AbortController();
  input.once("close", () => closed.abort());
  try {
    for await (const chunk of source) {
      if (input.destroyed) return;
      if (!input.write(chunk)) await event(input, "drain", closed.signal);
    }
  } catch (error) {
    input.destroy();
    throw error;
  }
  if (input.destroyed) return;
  input.end();
  if (!input.writableFinished) await event(input, "finish", closed.signal);
}

/** Or its close. */
async function event(input: Writable, name: string, closed: AbortSignal): Promise<void> {
  if (input.closed || closed.aborted) return;
  try {
    await once(input, name, { signal: closed });
  } catch {
    // Closed, or failed: nothing more can be written.
  }
}
