// The log of a container. Whether its stream has frames is known only from how the container was made.

import type { LookCalls } from "./container-looks.ts";
import { pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { LogLine, LogOptions } from "./engine.ts";
import { logQuery, readLog } from "./read-log.ts";

export interface LogSource {
  connection: EngineConnection;
  looks: LookCalls;
  /** The container, for messages. */
  what: string;
}

export async function logsOf(
  { connection, looks, what }: LogSource,
  id: string,
  options: LogOptions,
  onLine: (line: LogLine) => void,
  signal?: AbortSignal,
): Promise<void> {
  const found = await looks.inspect(id, signal);
  if (found === undefined)
    throw new EngineError("absent", 404, `read the log of container ${what}: it is not there`);
  const call = {
    what: `read the log of container ${what}`,
    method: "GET",
    path: `/containers/${pathPart(id)}/logs`,
    query: logQuery(options),
    signal,
  } as const;
  await readLog(call, await connection.stream(call), found.Config["Tty"] === true, onLine);
}
