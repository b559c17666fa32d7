import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Writes a command's standard input and ends it. A command may end before it has read everything, and only its exit
 * code says whether that was right: so this fails only when `source` does.
 */
export async function feedInput(source: Readable, input: Writable): Promise<void> {
  let failure: unknown;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* source;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    await pipeline(watched(), input);
  } catch {
    if (failure !== undefined) throw failure;
  }
}
