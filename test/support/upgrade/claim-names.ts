// Some scenarios use the real names of a system, which an engine has once: whoever plays that system on this machine
// waits here until nobody else does. The claim is an abstract socket, which goes with the process that holds it.

import { once } from "node:events";
import { createServer } from "node:net";
import { eventually } from "../eventually.ts";

const PATIENCE_MS = 300_000;

/** @returns lets go; twice is harmless. */
export async function claimNames(system: string): Promise<() => void> {
  return eventually(async () => {
    const server = createServer();
    await once(server.listen({ path: `\0holdgate-test-${system}` }), "listening");
    return () => void server.close();
  }, PATIENCE_MS);
}
