// What the chat app has stored of a steady load's posts, as seen through the gateway.

import { expect } from "vitest";
import { KeepAliveClient } from "./keep-alive-client.ts";
import type { SteadyLoad } from "./steady-load.ts";

/** Stops the load: everything was answered as hoped for, and every message is there exactly once. */
export async function expectNothingLost(load: SteadyLoad, port: number): Promise<void> {
  await load.stop();
  expect(load.failed).toEqual([]);
  const posted = load.sent.filter(({ method }) => method === "POST").map(({ key }) => key);
  expect((await storedKeys(port)).toSorted()).toEqual(posted.toSorted());
}

async function storedKeys(port: number): Promise<string[]> {
  const client = await KeepAliveClient.open(port);
  const { body } = await client.request("GET", "/api/rooms/lobby/messages");
  client.leave();
  const messages: { key?: string | null }[] = JSON.parse(body);
  return messages.flatMap(({ key }) => (typeof key === "string" && /^\d+-\d+$/.test(key) ? key : []));
}
