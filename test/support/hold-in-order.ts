import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { askAlone, type KeepAliveClient } from "./keep-alive-client.ts";
import type { StartedGateway } from "./start-gateway.ts";

/** Sends `/0`, `/1` and so on, by POST and GET in turn, each only when the one before it is held. */
export async function holdInOrder(
  { port, service }: StartedGateway,
  count: number,
  from = 0,
): Promise<KeepAliveClient[]> {
  const clients: KeepAliveClient[] = [];
  for (let index = from; index < from + count; index++) {
    const { held } = service.status();
    clients.push(await askAlone(port, index % 2 === 0 ? "POST" : "GET", `/${index}`));
    await eventually(() => expect(service.status().held).toBe(held + 1));
  }
  return clients;
}
