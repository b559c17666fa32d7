import type { Clock } from "../lib/clock.ts";
import { attachContainer } from "./attach-container.ts";
import { changeCalls } from "./container-changes.ts";
import { fileCalls } from "./container-files.ts";
import { logsOf } from "./container-logs.ts";
import { lookCalls } from "./container-looks.ts";
import type { EngineConnection } from "./engine-connection.ts";
import type { ContainerCalls } from "./engine.ts";
import { KnownNames } from "./known-names.ts";
import { waitForExit } from "./wait-for-exit.ts";

export function containerCalls(connection: EngineConnection, clock: Clock): ContainerCalls {
  const names = new KnownNames();
  const looks = lookCalls(connection, names);
  return {
    ...looks,
    ...changeCalls({ connection, names, clock, looks }),
    ...fileCalls(connection, names),
    wait: (id, signal) => waitForExit({ clock, looks, what: names.describe(id) }, id, signal),
    logs: (id, options, onLine, signal) =>
      logsOf({ connection, looks, what: names.describe(id) }, id, options, onLine, signal),
    attach: (id, streams, begin, signal) =>
      attachContainer({ connection, looks, what: names.describe(id) }, id, streams, begin, signal),
  };
}
