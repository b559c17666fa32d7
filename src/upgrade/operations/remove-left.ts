// What undoes a container that an operation makes for itself and removes again: nothing, unless its runner was killed
// meanwhile. Then it works on, with nobody to end it, on data that the way back is about to change.

import type { Effects } from "./handler.ts";

const GRACE_MS = 1000;

/** @param operation the id of the one that has made it. @param name for messages. */
export function removeLeft(operation: string, name: string): Effects {
  const container = { madeBy: operation, name };
  const cause = `${name} may still work, should its runner have been killed`;
  return [
    { kind: "stop-container", container, graceMs: GRACE_MS, signal: null, wasRunning: false, cause },
    { kind: "remove-container", container, saveLogs: false, cause },
  ];
}
