import { createServer, type IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { ReadAhead } from "../../src/middleware/read-ahead.ts";
import { afterNextPoll } from "../../src/proxy/after-next-poll.ts";
import { eventually } from "../support/eventually.ts";
import { listen } from "../support/listen.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";

test("a client that leaves in the moment of its turn is found out before, behind all that it has sent", async () => {
  const { client, req } = await beginPost();
  const memory = new Memory(1_000_000);
  const ahead = new ReadAhead(req, memory);
  ahead.begin();
  client.send("x".repeat(200_000));
  await eventually(() => expect(client.socket.writableLength).toBe(0));
  let isItsTurn = false;
  client.socket.resetAndDestroy();
  ahead.catchUp(() => {
    isItsTurn = true;
  });
  await new Promise<void>((resolve) => void req.socket.once("close", () => afterNextPoll(resolve)));
  expect(isItsTurn).toBe(false);
});

test("it reads as much as there is memory for, and gives that back", async () => {
  const { client, req } = await beginPost();
  const memory = new Memory(100_000);
  const ahead = new ReadAhead(req, memory);
  ahead.begin();
  client.send("x".repeat(300_000));
  await eventually(() => expect(req.readableLength).toBeGreaterThanOrEqual(memory.waitLimit));
  await new Promise<void>((resolve) => ahead.catchUp(resolve));
  expect(req.readableLength).toBeLessThan(200_000);
  expect(memory.used).toBeGreaterThan(0);
  ahead.end();
  ahead.end();
  expect(memory.used).toBe(0);
});

class Memory {
  used = 0;
  readonly waitLimit: number;

  constructor(waitLimit: number) {
    this.waitLimit = waitLimit;
  }

  count(bytes: number): void {
    this.used += bytes;
  }
}

/** A request whose body is to come. */
async function beginPost(): Promise<{ client: RawConnection; req: IncomingMessage }> {
  const server = createServer();
  const arrival = new Promise<IncomingMessage>((resolve) => void server.once("request", resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const client = await rawClient(await listen(server));
  client.send("POST / HTTP/1.1\r\nHost: chat.example.com\r\nContent-Length: 1000000\r\n\r\n");
  return { client, req: await arrival };
}
