// The engine's own end: nothing new is taken, what is in flight is finished, and no connection outlives it.

import { connect } from "node:net";
import { once } from "node:events";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function setUp() {
  const blue = await RawUpstream.start(() => {});
  const started = await startEngine({ urls: [blue.url] });
  return { ...started, blue, client: await rawClient(started.port) };
}

it("a client that waits for nothing is let go at once, and no new one is accepted", async () => {
  const { engine, port, client } = await setUp();
  await eventually(() => expect(engine.connections).toBe(1));
  await engine.close();
  expect(await client.ends()).toBe("");
  expect(client.ending).toBe("fin");
  const late = connect(port, "127.0.0.1");
  const [error] = await once(late, "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

it("a request in flight is answered, and its connection ends with the answer", async () => {
  const { engine, blue, client, owner } = await setUp();
  client.send(GET);
  const { connection } = await blue.sees(1);
  const closed = engine.close();
  connection.send(OK);
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  await closed;
  expect(owner.outcomes).toEqual(["answered"]);
});

it("an answer under way is finished, and its connection ends though its head said nothing of that", async () => {
  const { engine, blue, client } = await setUp();
  client.send(GET);
  const { connection } = await blue.sees(1);
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
  await client.hears("half");
  const closed = engine.close();
  connection.send("HALF");
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalfHALF");
  await closed;
});

it("a body under way is taken to its end", async () => {
  const { engine, blue, client } = await setUp();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
  const connection = await blue.connected(1);
  await connection.hears("half");
  const closed = engine.close();
  client.send("HALF");
  const { data } = await blue.sees(1);
  expect(data).toBe("halfHALF");
  connection.send(OK);
  await client.hears("ok");
  await closed;
});

it("requests pipelined behind the one in flight are not executed", async () => {
  const { engine, blue, client } = await setUp();
  client.send(GET + GET);
  const { connection } = await blue.sees(1);
  const closed = engine.close();
  connection.send(OK);
  await client.ends();
  await closed;
  expect(blue.requests).toHaveLength(1);
});

it("destroy cuts what is in flight, on both sides", async () => {
  const { engine, blue, client, owner } = await setUp();
  client.send(GET);
  const { connection } = await blue.sees(1);
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
  await client.hears("half");
  engine.destroy();
  await Promise.all([client.ends(), connection.ends()]);
  expect(engine.connections).toBe(0);
  expect(owner.outcomes).toEqual(["abandoned"]);
});

it("destroy does not let half an answer look whole that ends with its connection", async () => {
  const { engine, blue, client } = await setUp();
  client.send(GET.replace("1.1", "1.0"));
  const { connection } = await blue.sees(1);
  connection.send("HTTP/1.1 200 OK\r\n\r\nhalf");
  await client.hears("half");
  engine.destroy();
  await client.ends();
  expect(client.ending).toBe("reset");
});

it("a request that comes while an idle client still reads its last answer is not executed", async () => {
  const { port, owner, engine } = await startEngine({ urls: [] });
  owner.upstream = null;
  const client = await rawClient(port);
  client.socket.pause();
  client.send(GET);
  await owner.until("the request", () => owner.exchanges.length === 1);
  const socket = owner.exchanges[0]?.client.socket;
  owner.exchanges[0]?.answer({ status: 200, headers: {}, body: "y".repeat(32 * 1024 * 1024) });
  const closed = engine.close();
  client.send(GET);
  await eventually(() => expect(socket?.bytesRead).toBe(2 * GET.length));
  client.socket.resume();
  await client.ends();
  await closed;
  expect(owner.exchanges.length).toBe(1);
});
