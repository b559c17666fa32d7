// A client that leaves takes its request with it: the upstream sees its connection end, and nothing stays.

import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilEmpty } from "../support/until-empty.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function setUp() {
  const blue = await RawUpstream.start(() => {});
  const started = await startEngine({ urls: [blue.url] });
  return { ...started, blue, client: await rawClient(started.port) };
}

const WAYS = {
  "ends its side": (client: RawConnection) => void client.socket.end(),
  "breaks off": (client: RawConnection) => void client.socket.resetAndDestroy(),
};

describe.each(Object.entries(WAYS))("a client that %s during its request", (_, leave) => {
  it("in the middle of its body ends it at the upstream, who never sees it whole", async () => {
    const { blue, owner, client, ...started } = await setUp();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    const connection = await blue.connected(1);
    await connection.hears("half");
    leave(client);
    await connection.ends();
    await untilEmpty(started);
    expect(blue.requests).toEqual([]);
    expect(owner.outcomes).toEqual(["abandoned"]);
  });

  it("before its answer has begun ends it at the upstream", async () => {
    const { blue, owner, client, ...started } = await setUp();
    client.send(GET);
    const { connection } = await blue.sees(1);
    leave(client);
    await connection.ends();
    await untilEmpty(started);
    expect(owner.outcomes).toEqual(["abandoned"]);
  });

  it("in the middle of its answer ends it at the upstream", async () => {
    const { blue, owner, client, ...started } = await setUp();
    client.send(GET);
    const { connection } = await blue.sees(1);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    await client.hears("half");
    leave(client);
    await connection.ends();
    await untilEmpty(started);
    expect(owner.outcomes).toEqual(["abandoned"]);
  });

  it("with others pipelined behind takes them along", async () => {
    const { blue, owner, client, ...started } = await setUp();
    client.send(GET + GET + GET);
    const { connection } = await blue.sees(1);
    leave(client);
    await connection.ends();
    await untilEmpty(started);
    expect(blue.requests).toHaveLength(1);
    expect(owner.outcomes).toEqual(["abandoned"]);
  });
});

describe.each(Object.entries(WAYS))("a client that %s outside of a request", (_, leave) => {
  it("between two requests leaves nothing behind, and the upstream's connection is kept", async () => {
    const { port, blue, owner, client, ...started } = await setUp();
    blue.answer = OK;
    client.send(GET);
    await client.hears(OK);
    leave(client);
    await untilEmpty(started);
    const next = await rawClient(port);
    next.send(GET);
    await next.hears(OK);
    expect(blue.connections).toHaveLength(1);
    expect(owner.outcomes).toEqual(["answered", "answered"]);
  });

  it("in the middle of a head gets no answer and is no request", async () => {
    const { blue, owner, client, ...started } = await setUp();
    client.send("GET / HTTP/1.1\r\nHos");
    await owner.until("the connection", () => started.engine.connections === 1);
    leave(client);
    await untilEmpty(started);
    expect(client.heard).toBe("");
    expect(owner.refusals).toEqual([]);
    expect(blue.connections).toEqual([]);
  });
});

it("a client that leaves while its upstream is being connected to is never sent", async () => {
  const { blue, owner, client, ...started } = await setUp();
  // Taken at once, connected only with the next turn of the event loop: in between, the client is gone.
  const { promise, resolve } = Promise.withResolvers<void>();
  const onRequest = owner.onRequest.bind(owner);
  owner.onRequest = (exchange) => {
    onRequest(exchange);
    expect(exchange.state).toBe("connecting");
    exchange.client.destroy();
    resolve();
  };
  client.send(GET);
  await promise;
  await untilEmpty(started);
  expect(owner.outcomes).toEqual(["abandoned"]);
  expect(blue.heard).toBe("");
});

it("connections that are opened and never used leave nothing behind", async () => {
  const { port, owner, client, ...started } = await setUp();
  const clients = await Promise.all(Array.from({ length: 50 }, () => rawClient(port)));
  await Promise.all([client, ...clients].map((each) => each.destroy()));
  await untilEmpty(started);
  expect(owner.refusals).toEqual([]);
});

it("a client that leaves is seen when its request was taken back from an upstream that took no more of it", async () => {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url], replayBodyBytes: 64 * 1024 * 1024 });
  const client = await rawClient(port);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n");
  const there = await upstream.connected(1);
  there.socket.pause();
  client.send("x".repeat(39_000_000));
  await eventually(() => expect(owner.exchanges[0]?.client.socket.isPaused()).toBe(true));
  expect(owner.exchanges[0]?.recall()).toBe(true);
  await client.destroy();
  await owner.until("the end", () => owner.outcomes.length === 1);
  expect(owner.outcomes).toEqual(["abandoned"]);
});
