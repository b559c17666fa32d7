// An upstream may answer before it has got the whole request.

import { expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilEmpty } from "../support/until-empty.ts";

const CHUNKED_POST = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

async function setUp() {
  const blue = await RawUpstream.start(() => {});
  const started = await startEngine({ urls: [blue.url] });
  return { ...started, blue, client: await rawClient(started.port) };
}

it("an answer to half a request is passed on whole, and ends both connections", async () => {
  const { blue, owner, client, ...started } = await setUp();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  const connection = await blue.connected(1);
  await connection.hears("half");
  connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  expect(await client.ends()).toBe("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  expect(client.ending).toBe("fin");
  await connection.ends();
  await untilEmpty(started);
  expect(owner.outcomes).toEqual(["answered"]);
});

it("what the client still sends behind an early answer is thrown away, not taken for a request", async () => {
  const { port, blue, owner } = await setUp();
  const client = await rawClient(port, true);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
  const connection = await blue.connected(1);
  await connection.hears("half");
  connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  await client.ends();
  client.send("GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10));
  client.socket.end();
  await owner.until("the end", () => owner.outcomes.length > 0);
  expect(owner.exchanges).toHaveLength(1);
  expect(owner.refusals).toEqual([]);
  expect(blue.heard).not.toContain("/hidden");
});

it("an answer that begins early goes on while the request does, and both connections live on", async () => {
  const { blue, client } = await setUp();
  client.send(CHUNKED_POST);
  const connection = await blue.connected(1);
  await connection.hears("\r\n\r\n");
  connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const word of ["one", "two", "six"]) {
    client.send(`3\r\n${word}\r\n`);
    await connection.hears(`3\r\n${word}\r\n`);
    connection.send(`3\r\n${word}\r\n`);
    await client.hears(`3\r\n${word}\r\n`);
  }
  client.send("0\r\n\r\n");
  await blue.sees(1);
  connection.send("0\r\n\r\n");
  await client.hears("0\r\n\r\n");
  blue.answer = OK;
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.hears(OK);
  expect(blue.connections).toHaveLength(1);
});

it("an early answer that ends with the request's last byte costs neither connection", async () => {
  const { blue, client } = await setUp();
  client.send(`${CHUNKED_POST}3\r\none\r\n`);
  const connection = await blue.connected(1);
  await connection.hears("one");
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  await client.hears("\r\n\r\no");
  client.send("0\r\n\r\n");
  await blue.sees(1);
  connection.send("k");
  await client.hears("ok");
  blue.answer = OK;
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.hears(OK, 2);
  expect(blue.connections).toHaveLength(1);
});
