// A unix socket's file outlives the process that made it, and listening on an existing file fails. So an
// old one is removed, but only when nobody answers there.

import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { GatewayError } from "../lib/gateway-error.ts";

/** Makes the path free to listen on. Throws `listen_failed` when another process listens there. */
export async function claimSocketPath(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw taken(path, "it is a file of another kind; move it away");
  if (await isAnswered(path))
    throw taken(path, "another gateway listens there; stop it, or use another dataDir");
  await rm(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(taken(path, `it cannot be told whether another gateway listens there (${error.message})`));
    });
  });
}

function taken(path: string, reason: string): GatewayError {
  return new GatewayError("listen_failed", `the admin interface cannot listen on ${path}: ${reason}`);
}
