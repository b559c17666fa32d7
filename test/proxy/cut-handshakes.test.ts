// The owner may end an exchange in the very call that tells it of the answer.

import { expect, it, vi } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

it("a handshake that its owner cuts at the 101 opens no tunnel and settles once", async () => {
  const upstream = await RawUpstream.start(SWITCH);
  const { port, owner, upstream: pool } = await startEngine({ urls: [upstream.url] });
  vi.spyOn(owner, "onAnswer").mockImplementation(() => owner.exchanges[0]?.cut());
  const client = await rawClient(port);
  client.send(HANDSHAKE);
  expect(await client.ends()).toBe("");
  const there = await upstream.connected(1);
  await there.ends();
  expect(owner.outcomes).toEqual(["cut"]);
  expect(owner.tunnels).toEqual([]);
  expect([pool.tunnels.size, pool.exchanges.size]).toEqual([0, 0]);
});
