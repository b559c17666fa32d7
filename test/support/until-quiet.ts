import { setImmediate, setTimeout } from "node:timers/promises";

const TURNS = 20;
// In a row: a single look can fall into a moment in which the system has stopped everybody.
const LOOKS = 3;
const DEADLINE_MS = 20_000;

/**
 * Waits until the value stays the same over many turns of the event loop. With everybody who could change it
 * in this process, on loopback sockets, nothing is on its way any more.
 */
export async function untilQuiet<T>(look: () => T): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  let before = look();
  for (let same = 0; same < LOOKS;) {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    // On a loaded machine the system delivers even loopback packets in a thread of its own: give it a turn.
    await setTimeout(1);
    const now = look();
    same = now === before ? same + 1 : 0;
    before = now;
    if (performance.now() > deadline) throw new Error(`${String(now)} goes on changing`);
  }
  return before;
}
