import { once } from "node:events";
import { createServer } from "node:net";

/** The port itself when nobody listens on it, or for 0 any free one. */
export async function freePort(host: string, port: number): Promise<number> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new Error(`port ${port} is taken: choose another, as in PORT=8081 npm run demo`, { cause });
  }
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : port;
}
