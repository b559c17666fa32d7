// Copies one volume to another in a container that has both, and no network. It can be run any number of times.

import type { JsonObject } from "../../lib/json.ts";
import { awaitContainer } from "./container-exit.ts";
import { type Handler, OPERATION_LABEL, type PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { removeLeft } from "./remove-left.ts";
import { StepFailure } from "./step-failure.ts";
import { SYNC_SCRIPT } from "./sync-script.ts";

type Sync = OperationOf<"sync-volumes">;

export const syncVolumes: Handler<"sync-volumes"> = {
  async perform(operation, context) {
    await requireVolumes(operation, context);
    const name = `holdgate-sync-${context.run.id}-${operation.id}`.replaceAll(/[^A-Za-z0-9_.-]/g, "-");
    // What an earlier attempt has left is in an unknown state, and doing it again does no harm.
    await removeEarlier(name, context);
    const id = await context.engine.containers.create(
      { name, body: bodyOf(operation, context) },
      context.signal,
    );
    try {
      return await copy(operation, id, context);
    } finally {
      await context.engine.containers.remove(id, { force: true, volumes: false });
    }
  },
  inverse: ({ id, from, to }, outcome) =>
    outcome === undefined ? removeLeft(id, `the copying of ${from} to ${to}`) : [],
};

/** The engine would make an empty one for a name that it does not know, and a mirror of that deletes everything. */
async function requireVolumes({ from, to }: Sync, { engine, signal }: PerformContext): Promise<void> {
  for (const name of [from, to]) {
    if ((await engine.volumes.inspect(name, signal)) !== undefined) continue;
    throw new StepFailure(`cannot copy ${from} to ${to}: there is no volume ${name}; create it first`);
  }
}

async function copy(operation: Sync, id: string, context: PerformContext): Promise<JsonObject> {
  let counts: JsonObject = {};
  const onLine = (line: string): void => {
    const [, done, all] = /^progress (\d+) (\d+)$/.exec(line) ?? [];
    const [, copied, deleted] = /^copied (\d+) deleted (\d+)$/.exec(line) ?? [];
    if (all !== undefined) showCount(Number(done), Number(all), context);
    else if (copied === undefined) context.log(line);
    else counts = { copied: Number(copied), deleted: Number(deleted) };
  };
  await context.engine.containers.start(id, context.signal);
  const name = `the copying of ${operation.from} to ${operation.to}`;
  const awaited = { id, name, waitMs: null, successCodes: [0] };
  const { engine, clock, signal } = context;
  // This attempt's container is a new one: nothing of it was seen or noted before.
  const own = { engine, clock, signal, again: false, notes: {}, note: async () => {}, log: onLine };
  await awaitContainer(awaited, own);
  return counts;
}

function showCount(done: number, all: number, context: PerformContext): void {
  context.progress({ percent: Math.floor((100 * done) / all), text: `${done} of ${all} files` });
}

async function removeEarlier(name: string, { engine, signal }: PerformContext): Promise<void> {
  const [earlier] = await engine.containers.list({ name }, signal);
  if (earlier) await engine.containers.remove(earlier.Id, { force: true, volumes: false }, signal);
}

function bodyOf({ from, to, image, mode, command, step, id }: Sync, context: PerformContext): JsonObject {
  return {
    Image: image,
    User: "0:0",
    Entrypoint: command?.map((word) => context.reveal(word)) ?? [
      "sh",
      "-c",
      SYNC_SCRIPT,
      "holdgate-sync",
      mode,
    ],
    Cmd: [],
    WorkingDir: "/",
    Labels: { ...context.run.labels(step, "one-off"), [OPERATION_LABEL]: id },
    HostConfig: {
      NetworkMode: "none",
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      Mounts: [
        { Type: "volume", Source: from, Target: "/from", ReadOnly: true },
        { Type: "volume", Source: to, Target: "/to" },
      ],
    },
  };
}
