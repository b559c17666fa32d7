import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { feedInput } from "../../src/lib/feed-input.ts";
import { eventually } from "../support/eventually.ts";

async function socketTo(reader: (socket: Socket) => void): Promise<Socket> {
  const server = createServer(reader).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const socket = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

function endless(): Readable {
  return Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536);
    })(),
  );
}

test("everything arrives, and then the end", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await socketTo((reader) => resolve(text(reader)));
  await feedInput(Readable.from([Buffer.from("one"), Buffer.from("two")]), socket);
  expect(await promise).toBe("onetwo");
});

test("a reader that ends early is no failure, and the source is let go", async () => {
  const socket = await socketTo((reader) => void reader.once("data", () => reader.destroy()));
  const source = endless();
  await feedInput(source, socket);
  expect(source.destroyed).toBe(true);
});

test("one that is closed on this side, while it waits for room, settles", async () => {
  const socket = await socketTo((reader) => void reader.pause());
  const source = endless();
  const feeding = feedInput(source, socket);
  await eventually(() => expect(socket.writableNeedDrain).toBe(true));
  socket.destroy();
  await feeding;
  expect(source.destroyed).toBe(true);
});

test("a source that fails cuts the input: half of it must not look whole", async () => {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const socket = await socketTo((reader) => resolve(reader));
  const source = Readable.from(
    (async function* () {
      yield Buffer.from("half");
      throw new Error("the disk is gone");
    })(),
  );
  await expect(feedInput(source, socket)).rejects.toThrow("the disk is gone");
  expect(socket.destroyed).toBe(true);
  (await promise).destroy();
});
