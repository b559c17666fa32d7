// Makes sure that a service is upgraded by one run at a time: by the lock, and by the journals, since a run that
// waits for a person holds no lock.

import type { Clock } from "../../lib/clock.ts";
import type { JournalState } from "./journal-state.ts";
import { RunLock } from "./run-lock.ts";
import type { LockHolder } from "./run-lock.ts";
import type { RunStore } from "./run-store.ts";

export interface ServiceLockOrder {
  store: RunStore;
  service: string;
  run: string;
  clock: Clock;
  onLost: () => void;
}

export type ServiceLockOutcome = { kind: "held"; lock: RunLock } | { kind: "refused"; reason: string };

export async function lockService({ store, ...order }: ServiceLockOrder): Promise<ServiceLockOutcome> {
  const { run, service } = order;
  const outcome = await RunLock.take({
    ...order,
    directory: store.locks,
    // What a killed runner has left of a run is that run's alone; of one that is over, or never began, nobody's.
    mayTakeOver: async ({ run: left }) => left === run || (await isOver(store, left)),
  });
  if (outcome.kind === "locked")
    return { kind: "refused", reason: lockedBy(service, outcome.holder, outcome.isAlive) };
  const other = await store.unfinishedOf(service, run).catch(async (error: unknown) => {
    await outcome.lock.release();
    throw error;
  });
  if (other === undefined) return { kind: "held", lock: outcome.lock };
  await outcome.lock.release();
  return { kind: "refused", reason: reservedBy(service, other) };
}

async function isOver(store: RunStore, run: string): Promise<boolean> {
  const state = await store.state(run);
  return state === undefined || state.phase.name === "finished";
}

function lockedBy(service: string, { run, pid, host }: LockHolder, isAlive: boolean): string {
  if (isAlive) {
    const where = host.split("/")[0] ?? host;
    return `${service} is being upgraded by the run ${run} (pid ${pid} on ${where}); nothing was touched; wait for its end`;
  }
  return `${service} is locked by the run ${run}, whose runner is gone; nothing was touched; ${remedy(run)}`;
}

function reservedBy(service: string, { started, phase }: JournalState): string {
  const { run } = started;
  const how = phase.name === "paused" ? "is paused" : "broke off";
  return `the run ${run} of ${service} ${how}; nothing was touched; ${remedy(run)}`;
}

function remedy(run: string): string {
  return `first end it with holdgate upgrade --resume ${run} or holdgate upgrade --rollback ${run}`;
}
