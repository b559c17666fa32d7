// A client that reads slowly, or not at all: it gets its answers whole if it reads in time, it costs a
// bounded amount of memory, and in the end it is cut.

import { describe, expect, it } from "vitest";
import type { Exchange } from "../../src/proxy/exchange.ts";
import { CountingReader } from "../support/counting-reader.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilQuiet } from "../support/until-quiet.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
// More than the system keeps for a connection in both its buffers.
const LARGE_BYTES = 48 * 1024 * 1024;
const SLOW_READER_MS = 300_000;

/** An engine whose owner answers each request by itself, with so many bytes. */
async function setUp(bodyBytes: number) {
  const clock = new ManualClock();
  const started = await startEngine({ urls: ["http://127.0.0.1:9"], clock });
  const body = Buffer.alloc(bodyBytes, "x");
  const exchanges: Exchange[] = [];
  started.owner.onRequest = (exchange) => {
    exchange.owner = started.owner;
    exchanges.push(exchange);
    exchange.answer({ status: 200, headers: {}, body });
  };
  const client = await CountingReader.connect(started.port);
  return { ...started, clock, client, exchanges };
}

/** Waits until the engine has written what it can to the first client, who does not take it. */
async function clogged(exchanges: Exchange[]): Promise<void> {
  await eventually(async () => {
    const unsent = await untilQuiet(() => exchanges[0]?.client.socket.writableLength ?? 0);
    expect(unsent).toBeGreaterThan(0);
  });
}

describe("a client that does not read for minutes", () => {
  it("gets its last answer whole", async () => {
    const set = await setUp(LARGE_BYTES);
    set.client.send(CLOSE);
    await clogged(set.exchanges);
    set.clock.advance(SLOW_READER_MS - 1000);
    expect(await set.client.readsAll()).toBeGreaterThan(LARGE_BYTES);
    await eventually(() => expect(set.engine.connections).toBe(0));
  });

  it("gets its answer whole on a connection that is kept, and can use it again", async () => {
    const set = await setUp(LARGE_BYTES);
    set.client.send(GET);
    await clogged(set.exchanges);
    set.clock.advance(SLOW_READER_MS - 1000);
    await set.client.reads(LARGE_BYTES);
    set.client.send(GET);
    await set.client.reads(2 * LARGE_BYTES);
    expect(set.exchanges).toHaveLength(2);
  });

  it("gets its answer whole when the engine closes meanwhile", async () => {
    const set = await setUp(LARGE_BYTES);
    set.client.send(GET);
    await clogged(set.exchanges);
    const closed = set.engine.close();
    expect(await set.client.readsAll()).toBeGreaterThan(LARGE_BYTES);
    await closed;
  });
});

describe("a client that never reads", () => {
  it.each([
    ["its last answer", CLOSE],
    ["an answer on a connection that is kept", GET],
  ])("%s, is cut after five minutes", async (_, request) => {
    const set = await setUp(LARGE_BYTES);
    set.client.send(request);
    await clogged(set.exchanges);
    set.clock.advance(SLOW_READER_MS + 250);
    await eventually(() => expect(set.engine.connections).toBe(0));
    expect(await set.client.readsAll()).toBeLessThan(LARGE_BYTES);
    expect(set.owner.refusals).toEqual([]);
  });

  it("an answer that is cut by its owner, is gone after five minutes", async () => {
    const clock = new ManualClock();
    const blue = await RawUpstream.start(({ connection }) => {
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`);
      connection.send(Buffer.alloc(LARGE_BYTES));
    });
    const { port, owner, engine } = await startEngine({ urls: [blue.url], clock });
    const client = await CountingReader.connect(port);
    client.send(GET);
    await clogged(owner.exchanges);
    owner.exchanges[0]?.cut();
    expect(engine.connections).toBe(1);
    clock.advance(SLOW_READER_MS + 250);
    await eventually(() => expect(engine.connections).toBe(0));
    expect(owner.refusals).toEqual([]);
    expect(owner.outcomes).toEqual(["cut"]);
  });

  it("an early answer, and has sent its body, is cut all the same", async () => {
    const clock = new ManualClock();
    const blue = await RawUpstream.start();
    const { port, owner, engine } = await startEngine({ urls: [blue.url], clock });
    const client = await CountingReader.connect(port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    const connection = await blue.connected(1);
    await connection.hears("half");
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`);
    connection.send(Buffer.alloc(LARGE_BYTES));
    await clogged(owner.exchanges);
    client.send("second");
    await connection.hears("second");
    clock.advance(SLOW_READER_MS + 250);
    await eventually(() => expect(engine.connections).toBe(0));
    expect(owner.outcomes).toEqual(["abandoned"]);
  });
});

describe("a client that reads a byte a second", () => {
  it("is cut as well, and others are served meanwhile", async () => {
    const clock = new ManualClock();
    const blue = await RawUpstream.start(({ target, connection }) => {
      if (target === "/other") return connection.send(OK);
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`);
      connection.send(Buffer.alloc(LARGE_BYTES));
    });
    const { port, owner, engine } = await startEngine({ urls: [blue.url], clock });
    const other = await rawClient(port);
    const slow = await CountingReader.connect(port);
    slow.send(GET);
    await clogged(owner.exchanges);
    for (let second = 1; second <= 301; second++) {
      slow.socket.read(1);
      other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
      await other.hears(OK, second);
      clock.advance(1000);
    }
    await eventually(() => expect(engine.connections).toBe(1));
    expect(owner.outcomes.filter((outcome) => outcome === "abandoned")).toHaveLength(1);
  });
});

describe("a client that pipelines and does not read", () => {
  it("has only as many requests answered as the system's buffers take", async () => {
    const answerBytes = 65_536;
    const set = await setUp(answerBytes);
    const requests = 1000;
    set.client.send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(500)}\r\n\r\n`.repeat(requests));
    await eventually(() => expect(set.exchanges[0]?.client.socket.isPaused()).toBe(true));
    expect(set.exchanges.length).toBeLessThan(requests);
    expect(set.exchanges[0]?.client.socket.writableLength).toBeLessThan(3 * answerBytes);
    await set.client.reads(requests * answerBytes);
    expect(set.exchanges).toHaveLength(requests);
  });
});

it("a client that pipelines faster than it is served is read no further than one head ahead", async () => {
  const blue = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [blue.url] });
  const client = await CountingReader.connect(port);
  const requests = 20_000;
  let mostAhead = 0;
  const onRequest = owner.onRequest.bind(owner);
  owner.onRequest = (exchange) => {
    onRequest(exchange);
    const read = exchange.client.socket.bytesRead;
    mostAhead = Math.max(mostAhead, read - owner.exchanges.length * GET.length);
  };
  client.send(GET.repeat(requests));
  await client.reads(requests * OK.length);
  expect(owner.exchanges).toHaveLength(requests);
  // A head of 32 KiB, and what one read brings.
  expect(mostAhead).toBeLessThanOrEqual(32_768 + 65_536);
});
