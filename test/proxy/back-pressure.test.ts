// Rule 5: constant memory. Whoever reads slowly stops whoever writes, in both directions and for every
// framing; and nothing of what waits in between is lost or mixed up.

import { createHash, randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Exchange } from "../../src/proxy/exchange.ts";
import { MEBIBYTE, writePattern } from "../support/body-pattern.ts";
import { CountingReader } from "../support/counting-reader.ts";
import { eventually } from "../support/eventually.ts";
import { listen } from "../support/listen.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilQuiet } from "../support/until-quiet.ts";

const BODY_MEBIBYTES = 128;
const BODY_BYTES = BODY_MEBIBYTES * MEBIBYTE;
// What the system keeps for the two connections of an exchange, at the very most.
const SYSTEM_BYTES = 48 * MEBIBYTE;
// What the engine itself may hold of a body: two reads of 64 KiB, and its framing.
const ENGINE_BYTES = 2 * 65_536 + 1024;

/** Counts what has left an end for the other one. */
function sentBy(socket: { bytesWritten: number; writableLength: number }): number {
  return socket.bytesWritten - socket.writableLength;
}

function heldBack(exchange: Exchange | undefined): number {
  return exchange?.client.socket.writableLength ?? 0;
}

const CHUNK = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(MEBIBYTE, "x"), Buffer.from("\r\n")]);

/** Writes the body in the framing that its head promised, and ends it. */
async function writeBody({ connection }: SeenRequest, framing: string): Promise<void> {
  const { socket } = connection;
  if (framing !== "chunked") await writePattern(socket, BODY_MEBIBYTES);
  else for (let chunk = 0; chunk < BODY_MEBIBYTES; chunk++) socket.write(CHUNK);
  if (framing === "chunked") socket.write("0\r\n\r\n");
  if (framing === "closing") socket.end();
}

const FRAMINGS = {
  counted: `Content-Length: ${BODY_BYTES}\r\n`,
  chunked: "Transfer-Encoding: chunked\r\n",
  closing: "",
};

describe.each(["counted", "chunked", "closing"] as const)("an answer that is %s", (framing) => {
  it.each(["1.1", "1.0"])(
    "stops at an HTTP/%s client that does not read, and goes on when it does",
    async (version) => {
      const blue = await RawUpstream.start((request) => {
        request.connection.send(`HTTP/1.1 200 OK\r\n${FRAMINGS[framing]}\r\n`);
        void writeBody(request, framing);
      });
      const { port, owner } = await startEngine({ urls: [blue.url] });
      const client = await CountingReader.connect(port);
      client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      const { connection } = await blue.sees(1);
      await eventually(async () => {
        await untilQuiet(() => sentBy(connection.socket));
        expect(heldBack(owner.exchanges[0])).toBeGreaterThan(0);
      });
      expect(sentBy(connection.socket)).toBeLessThan(SYSTEM_BYTES);
      expect(heldBack(owner.exchanges[0])).toBeLessThan(ENGINE_BYTES);
      await client.reads(BODY_BYTES);
      await owner.until("the end", () => owner.outcomes.length === 1);
      expect(owner.outcomes).toEqual(["answered"]);
    },
  );
});

describe("a request's body", () => {
  it("stops at an upstream that does not read, and goes on when it does", async () => {
    const blue = await RawUpstream.start();
    const { port, owner, engine } = await startEngine({ urls: [blue.url] });
    const client = await rawClient(port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
    const connection = await blue.connected(1);
    connection.socket.pause();
    const written = writePattern(client.socket, BODY_MEBIBYTES);
    await eventually(async () => {
      await untilQuiet(() => sentBy(client.socket));
      expect(owner.exchanges[0]?.client.socket.isPaused()).toBe(true);
    });
    expect(sentBy(client.socket)).toBeLessThan(SYSTEM_BYTES);
    expect(engine.keptBodyBytes).toBe(0);
    connection.socket.removeAllListeners("data").resume();
    await written;
    await eventually(() => expect(connection.socket.bytesRead).toBeGreaterThan(BODY_BYTES));
    connection.send(OK);
    await client.hears(OK);
  });

  it("stays with the client while its request waits, but for its first 4 MiB", async () => {
    const blue = await RawUpstream.start();
    const { port, owner, engine, upstream } = await startEngine({ urls: [blue.url] });
    owner.upstream = null;
    const client = await rawClient(port);
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${32 * MEBIBYTE}\r\n\r\n`);
    const written = writePattern(client.socket, 32);
    await owner.until("the request", () => owner.exchanges.length === 1);
    await eventually(async () => {
      await untilQuiet(() => sentBy(client.socket));
      expect(engine.keptBodyBytes).toBeGreaterThanOrEqual(4 * MEBIBYTE);
    });
    expect(engine.keptBodyBytes).toBeLessThanOrEqual(4 * MEBIBYTE + 65_536);
    owner.exchanges[0]?.forward(upstream);
    const connection = await blue.connected(1);
    connection.socket.removeAllListeners("data").resume();
    await written;
    await eventually(() => expect(connection.socket.bytesRead).toBeGreaterThan(32 * MEBIBYTE));
    expect(engine.keptBodyBytes).toBe(0);
  });

  it("is kept less of when many requests wait: 64 MiB in all", async () => {
    const { port, owner, engine } = await startEngine({ urls: [] });
    owner.upstream = null;
    const clients = await Promise.all(Array.from({ length: 30 }, () => rawClient(port)));
    for (const client of clients) {
      client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${8 * MEBIBYTE}\r\n\r\n`);
      writePattern(client.socket, 8).catch(() => {});
    }
    await owner.until("the requests", () => owner.exchanges.length === clients.length);
    await eventually(async () => {
      const kept = await untilQuiet(() => engine.keptBodyBytes);
      expect(kept).toBeGreaterThan(32 * MEBIBYTE);
    });
    expect(engine.keptBodyBytes).toBeLessThan(64 * MEBIBYTE);
    for (const exchange of owner.exchanges) exchange.answer({ status: 503, headers: {}, body: "" });
    expect(engine.keptBodyBytes).toBe(0);
  });
});

/** An upstream that gives back each body as it comes. */
async function startEcho(): Promise<string> {
  const server = createServer((request, response) => void request.pipe(response));
  const port = await listen(server);
  onTestFinished(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${port}`;
}

/** Posts a random body, reads the echo now fast, now slowly, and tells whether it is the same. */
async function isEchoedWhole(port: number, bytes: number): Promise<boolean> {
  const body = randomBytes(bytes);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const post = request({ port, host: "127.0.0.1", method: "POST" }, (response) => {
    response.on("data", () => {
      response.pause();
      void setImmediate().then(() => response.resume());
    });
    buffer(response).then(resolve, reject);
  });
  post.on("error", reject);
  for (let at = 0; at < bytes; at += 50_000) {
    post.write(body.subarray(at, at + 50_000));
    await setImmediate();
  }
  post.end();
  return digest(await promise) === digest(body);
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

it("bodies of many requests at once never mix", async () => {
  const { port, upstream } = await startEngine({ urls: [await startEcho()] });
  const sizes = Array.from(
    { length: 60 },
    (_, at) => [1, 1000, 16_384, 65_536, 200_000, 1_000_000][at % 6] ?? 0,
  );
  const whole = await Promise.all(sizes.map((bytes) => isEchoedWhole(port, bytes)));
  expect(whole).toEqual(sizes.map(() => true));
  expect(upstream.exchanges.size).toBe(0);
});
