// Waits for a one-off, and keeps its standard output where the plan asks for it.

import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import type { LogLine } from "../../docker/engine.ts";
import { awaitContainer } from "./container-exit.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { PartialFile } from "./partial-file.ts";

export const awaitExit: Handler<"await-exit"> = {
  async perform(operation, context) {
    const id = context.containerId(operation.container);
    const { waitMs, successCodes, container } = operation;
    const exitCode = await awaitContainer({ id, name: container.name, waitMs, successCodes }, context);
    if (operation.output === null) return { exitCode, output: null };
    const output = resolve(context.run.directory, operation.output);
    await keepOutput(id, output, context);
    return { exitCode, output };
  },
  inverse: () => [],
};

/** From the engine's log, which has all of it, also when this runner has not seen the beginning. */
async function keepOutput(id: string, path: string, { engine, signal }: PerformContext): Promise<void> {
  const file = await PartialFile.create(path);
  try {
    const stream = file.stream();
    const written = finished(stream);
    // Awaited below; the log may end with an error before.
    written.catch(() => {});
    const onLine = ({ stream: from, text }: LogLine): void => {
      if (from === "stdout") stream.write(`${text}\n`);
    };
    await engine.containers.logs(id, { follow: false, tail: null }, onLine, signal);
    stream.end();
    await written;
    await file.sync();
    await file.keep({ replace: true });
  } catch (error) {
    await file.discard();
    throw error;
  }
}
