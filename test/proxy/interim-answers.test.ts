// 1xx answers belong to the upstream: they are passed on, and the gateway sends none of its own.

import { expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const EXPECTING = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

async function setUp() {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, client: await rawClient(port) };
}

it("a 103 is passed on at once, before the answer is known", async () => {
  const { upstream, client } = await setUp();
  upstream.answer = () => {};
  client.send(GET);
  const { connection } = await upstream.sees(1);
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
  connection.send(hints);
  await client.hears(hints);
  connection.send(OK);
  await client.hears(OK);
  expect(client.heard).toBe(hints + OK);
});

it("several interim answers in one piece with the answer are passed on in order", async () => {
  const { upstream, client } = await setUp();
  const interim = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n";
  upstream.answer = interim + OK;
  client.send(GET);
  await client.hears(OK);
  expect(client.heard).toBe(interim + OK);
  client.send(GET);
  await client.hears(OK, 2);
  expect(upstream.connections).toHaveLength(1);
});

it("the headers of the hop are taken from an interim answer too", async () => {
  const { upstream, client } = await setUp();
  upstream.answer = `HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n${OK}`;
  client.send(GET);
  await client.hears(OK);
  expect(client.heard).toBe(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`);
});

it("Expect: 100-continue is answered by the upstream: no body is invited before it says so", async () => {
  const { upstream, owner, client } = await setUp();
  client.send(EXPECTING);
  const connection = await upstream.connected(1);
  await connection.hears("Expect: 100-continue\r\n");
  await connection.hears("\r\n\r\n");
  expect(client.heard).toBe("");
  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
  await client.hears("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  await client.hears(OK);
  expect(client.heard).toBe(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  expect(upstream.requests.map(({ data }) => data)).toEqual(["hello"]);
  expect(owner.outcomes).toEqual(["answered"]);
});

it("a body that comes without waiting for the 100 is sent on", async () => {
  const { upstream, client } = await setUp();
  client.send(`${EXPECTING}hello${GET}`);
  await client.hears(OK, 2);
  expect(upstream.requests.map(({ data }) => data)).toEqual(["hello", ""]);
});

it("a refusal instead of the 100 ends the connection: the body may or may not follow", async () => {
  const { upstream, client } = await setUp();
  client.send(EXPECTING);
  const connection = await upstream.connected(1);
  await connection.hears("\r\n\r\n");
  connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  expect(await client.ends()).toContain("HTTP/1.1 413 Content Too Large\r\n");
  await connection.ends();
  expect(upstream.requests).toEqual([]);
});

it("more than 100 interim answers to one request are refused: they are passed on without back-pressure", async () => {
  const { upstream, owner, client } = await setUp();
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  upstream.answer = interim.repeat(100) + OK;
  client.send(GET);
  await client.hears(OK);
  upstream.answer = interim.repeat(101) + OK;
  client.send(GET);
  await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
  expect(client.heard.split(interim)).toHaveLength(201);
  expect(owner.failures.map(({ kind }) => kind)).toEqual(["malformed"]);
});
