// Calls that change containers. What an engine refuses because it is done already counts as done, so that a call whose
// answer was lost can be made again.

import type { Clock } from "../lib/clock.ts";
import { poll } from "../lib/poll.ts";
import type { LookCalls } from "./container-looks.ts";
import { type EngineCall, pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { ContainerCalls } from "./engine.ts";
import type { KnownNames } from "./known-names.ts";
import { isOlder } from "./negotiate-version.ts";
import { created } from "./schema-parts.ts";
import { stopBySignal } from "./stop-by-signal.ts";

// The first version whose `stop` takes a signal; older ones ignore it without a word.
const STOP_TAKES_SIGNAL = "1.42";

type ActVerb = "start" | "kill" | "rename" | "setRestartPolicy" | "pause" | "unpause";
export type ChangeCalls = Pick<ContainerCalls, ActVerb | "create" | "stop" | "remove">;

export interface ChangeMeans {
  connection: EngineConnection;
  names: KnownNames;
  clock: Clock;
  looks: LookCalls;
}

export function changeCalls(means: ChangeMeans): ChangeCalls {
  return { ...actCalls(means), create: creation(means), stop: stopping(means), remove: removal(means) };
}

function act(
  { connection, names }: ChangeMeans,
  verb: string,
  id: string,
  more: Partial<EngineCall>,
): Promise<void> {
  const what = `${verb} container ${names.describe(id)}`;
  return connection.run({ what, method: "POST", path: `/containers/${pathPart(id)}/${verb}`, ...more });
}

function actCalls(means: ChangeMeans): Pick<ContainerCalls, ActVerb> {
  const { names } = means;
  return {
    start: (id, signal) => act(means, "start", id, { signal }),
    kill: (id, killSignal, signal) => act(means, "kill", id, { query: { signal: killSignal }, signal }),
    async rename(id, name, signal) {
      const what = `rename container ${names.describe(id)} to ${name}`;
      await act(means, "rename", id, { what, query: { name }, signal });
      names.note(id, name);
    },
    setRestartPolicy(id, policy, signal) {
      const what = `set the restart policy of container ${names.describe(id)} to ${policy.Name}`;
      return act(means, "update", id, { what, body: { RestartPolicy: policy }, signal });
    },
    pause: (id, signal) => act(means, "pause", id, { signal }),
    unpause: (id, signal) => act(means, "unpause", id, { signal }),
  };
}

function creation({ connection, names }: ChangeMeans): ContainerCalls["create"] {
  return async ({ name, platform, body }, signal) => {
    const query = { name, ...(platform !== undefined && { platform }) };
    const what = `create container ${name}`;
    const call = { what, method: "POST", path: "/containers/create", query, body, signal } as const;
    const { Id } = await connection.ask(call, created);
    names.note(Id, name);
    return Id;
  };
}

function stopping(means: ChangeMeans): ContainerCalls["stop"] {
  return async (id, { timeoutS, stopSignal = null }, signal) => {
    const query = { ...(timeoutS !== null && { t: timeoutS }) };
    if (stopSignal === null) return act(means, "stop", id, { query, signal });
    if (!isOlder(await means.connection.version(signal), STOP_TAKES_SIGNAL)) {
      return act(means, "stop", id, { query: { ...query, signal: stopSignal }, signal });
    }
    const kill = (): Promise<void> => act(means, "kill", id, { query: { signal: stopSignal }, signal });
    const finish = (): Promise<void> => act(means, "stop", id, { query: { t: 0 }, signal });
    const look = () => means.looks.inspect(id, signal);
    return stopBySignal({ clock: means.clock, look, kill, finish }, timeoutS, signal);
  };
}

function removal({ connection, names, clock, looks }: ChangeMeans): ContainerCalls["remove"] {
  return async (id, { force, volumes }, signal) => {
    const what = `remove container ${names.describe(id)}`;
    const query = { force, v: volumes };
    try {
      await connection.run({ what, method: "DELETE", path: `/containers/${pathPart(id)}`, query, signal });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.kind === "absent") return;
      if (!/removal .*in progress/i.test(error.message)) throw error;
      await poll(
        clock,
        async () => ((await looks.inspect(id, signal)) === undefined ? true : undefined),
        signal,
      );
    }
  };
}
