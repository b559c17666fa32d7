import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { RawConnection } from "./raw-connection.ts";

/** Connects to a port of 127.0.0.1; closed when the test is over. */
export async function rawClient(port: number, allowHalfOpen = false): Promise<RawConnection> {
  const client = await openRawClient(port, allowHalfOpen);
  onTestFinished(() => client.destroy());
  return client;
}

/** The same for those who close it themselves, because they open hundreds. */
export async function openRawClient(port: number, allowHalfOpen = false): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen });
  const client = new RawConnection(socket);
  await once(socket, "connect");
  return client;
}
