// A keep-alive client that sends the same header block again is served from a memo: nobody may be able to
// tell, and nothing may stick to the memo that belongs to another request or another connection.

import { expect, it } from "vitest";
import { headerOf } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const BLOCK = "Host: a\r\nCookie: one\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n";
const OTHER = "Host: b\r\nCookie: two\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";

/** Sends the requests one by one over one connection, and gives the heads that the upstream saw. */
async function heads(requests: string[], trusted: string[] = []): Promise<string[]> {
  const upstream = await RawUpstream.start("HTTP/1.1 204 No Content\r\n\r\n");
  const { port } = await startEngine({ urls: [upstream.url], trusted });
  const client = await rawClient(port);
  for (const [at, request] of requests.entries()) {
    client.send(request);
    await client.hears("\r\n\r\n", at + 1);
  }
  return upstream.requests.map(({ head }) => head);
}

/** What the upstream sees of a request that comes first on its connection. */
async function fresh(request: string): Promise<string> {
  const [head = ""] = await heads([request]);
  return head;
}

it("a block that comes again is forwarded as it was the first time", async () => {
  const request = `GET / HTTP/1.1\r\n${BLOCK}`;
  const seen = await heads([request, request, request]);
  expect(seen).toEqual(Array(3).fill(await fresh(request)));
});

it("two blocks that alternate never mix", async () => {
  const [one, two] = [`GET /one HTTP/1.1\r\n${BLOCK}`, `GET /two HTTP/1.1\r\n${OTHER}`];
  const seen = await heads([one, two, one, two, two, one]);
  const [first, second] = [await fresh(one), await fresh(two)];
  expect(seen).toEqual([first, second, first, second, second, first]);
});

it("the same block serves another method and another target", async () => {
  const lines = ["GET /a", "HEAD /b?c", "DELETE /d", "OPTIONS *", "GET /a"];
  const requests = lines.map((line) => `${line} HTTP/1.1\r\n${BLOCK}`);
  const seen = await heads(requests);
  expect(seen).toEqual(await Promise.all(requests.map(fresh)));
});

it("a block that differs in one byte of a value, of the same length, is another block", async () => {
  const requests = ["one", "two", "one"].map(
    (cookie) => `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n\r\n`,
  );
  const seen = await heads(requests);
  expect(seen.map((head) => headerOf(head, "cookie"))).toEqual(["one", "two", "one"]);
});

it("the same block means something else in HTTP/1.0", async () => {
  const upstream = await RawUpstream.start();
  const { port } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.hears("\r\n\r\nok");
  client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  const heard = await client.ends();
  expect(heard).toMatch(/\r\n\r\nokHTTP\/1\.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok$/);
  expect(upstream.requests.map(({ head }) => headerOf(head, "via"))).toEqual([
    "1.1 holdgate",
    "1.0 holdgate",
  ]);
});

it("the authority of an absolute target does not stick to the block", async () => {
  const block = "Host: a\r\nCookie: one\r\n\r\n";
  const seen = await heads([
    `GET / HTTP/1.1\r\n${block}`,
    `GET http://b/ HTTP/1.1\r\n${block}`,
    `GET / HTTP/1.1\r\n${block}`,
    `GET http://c/ HTTP/1.1\r\n${block}`,
  ]);
  expect(seen.map((head) => headerOf(head, "host"))).toEqual(["a", "b", "a", "c"]);
  expect(seen.map((head) => headerOf(head, "x-forwarded-host"))).toEqual(["a", "b", "a", "c"]);
});

it("what one trusted client said of its client does not leak into the next request", async () => {
  const said = (chain: string): string => `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${chain}\r\n\r\n`;
  const bare = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const seen = await heads([said("1.1.1.1"), said("2.2.2.2"), bare, said("1.1.1.1"), bare], ["127.0.0.1"]);
  expect(seen.map((head) => headerOf(head, "x-forwarded-for"))).toEqual([
    "1.1.1.1, 127.0.0.1",
    "2.2.2.2, 127.0.0.1",
    "127.0.0.1",
    "1.1.1.1, 127.0.0.1",
    "127.0.0.1",
  ]);
});

it("a body's length is read from each block, also from the one that came before", async () => {
  const upstream = await RawUpstream.start();
  const { port } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  const post = (body: string): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n${body}`;
  client.send(`${post("one")}${post("two")}GET / HTTP/1.1\r\nHost: a\r\n\r\n${post("end")}`);
  await client.hears("\r\n\r\nok", 4);
  expect(upstream.requests.map(({ data }) => data)).toEqual(["one", "two", "", "end"]);
});
