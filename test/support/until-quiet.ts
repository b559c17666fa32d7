import { setImmediate, setTimeout } from "node:timers/promises";

const TURNS = 20;
const DEADLINE_MS = 20_000;

/**
 * Waits until the value stays the same over many turns of the event loop. With everybody who could change it
 * in this process, on loopback sockets, nothing is on its way any more.
 */
export async function untilQuiet<T>(look: () => T): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const before = look();
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    // On a loaded machine the system delivers even loopback packets in a thread of its own: give it a turn.
    await setTimeout(1);
    if (look() === before) return before;
    if (performance.now() > deadline) throw new Error(`${String(look())} goes on changing`);
  }
}
