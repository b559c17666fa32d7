import { once } from "node:events";
import type { Server } from "node:net";

/** Listens on a free port of 127.0.0.1, or on the one named, and returns it. */
export async function listen(server: Server, port = 0): Promise<number> {
  await once(server.listen(port, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no TCP port");
  return address.port;
}
