import { once } from "node:events";
import type { Socket } from "node:net";
import { clientFrame } from "./client-frame.ts";

const MESSAGE = clientFrame(Buffer.alloc(64, "m"));
const ECHO_TIMEOUT_MS = 10_000;

/** Sends a message through a tunnel and waits for its echo; throws when none comes. */
export async function talkOnce(tunnel: Socket): Promise<void> {
  const echoed = once(tunnel, "data", { signal: AbortSignal.timeout(ECHO_TIMEOUT_MS) });
  tunnel.write(MESSAGE);
  await echoed;
}
