import type { DeadlineSweep } from "../../proxy/deadline-sweep.ts";
import type { MessageSocket } from "./message-socket.ts";

// For the end of what is under way, once nobody waits for it any more.
const END_MS = 5000;
const UNDER_WAY_MS = 10_000;

/** What was sent still goes out; a peer that does not end its side is cut. */
export function letGo(socket: MessageSocket, sweep: DeadlineSweep): void {
  if (socket.isDestroyed) return;
  socket.end();
  const cut = {
    deadline: sweep.now() + (socket.isClogged ? UNDER_WAY_MS : END_MS),
    onDeadline: () => socket.destroy(),
  };
  sweep.add(cut);
  socket.socket.once("close", () => sweep.remove(cut));
}
