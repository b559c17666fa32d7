import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import { startEngine } from "../support/start-engine.ts";

it("a body that comes byte by byte while its request waits is kept in few pieces", async () => {
  const { port, owner } = await startEngine({ urls: [] });
  owner.upstream = null;
  const client = await rawClient(port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n");
  await client.sendInPieces(Array.from({ length: 3000 }, () => Buffer.from("x")));
  await eventually(() => expect(owner.exchanges[0]?.requestComplete).toBe(true));
  const kept = owner.exchanges[0]?.body?.kept ?? [];
  expect(kept.length).toBeLessThan(10);
  expect(Buffer.concat(kept).toString()).toBe("x".repeat(3000));
});
