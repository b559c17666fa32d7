// Before tunnels are measured: does a message come back unchanged through the contender?

import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";

const CHECK_TIMEOUT_MS = 10_000;

/** Throws unless messages short, long and longer than any buffer come back as they were sent. */
export async function checkTunnel(port: number): Promise<void> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const tunnel = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  await once(tunnel, "open", { signal });
  for (const length of [1, 125, 126, 70_000]) {
    const message = randomBytes(length);
    tunnel.send(message);
    const [echo]: Buffer[] = await once(tunnel, "message", { signal });
    if (!echo?.equals(message)) throw new Error(`a message of ${length} bytes came back changed`);
  }
  tunnel.close(1000);
  const [code] = await once(tunnel, "close", { signal });
  if (code !== 1000) throw new Error(`a tunnel closed with 1000 ended with ${code}`);
}
