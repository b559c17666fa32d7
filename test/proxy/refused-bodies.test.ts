// A malformed chunked body ends its request with 400, whether the upstream has got its beginning or not.
// (All the ways to be malformed: chunked-scanner.test.ts.)

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const BEHIND = "0\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n";

const MALFORMED = [
  ["a size with a plus sign", "+3\r\nabc\r\n"],
  ["a size with a minus sign", "-3\r\nabc\r\n"],
  ["a size with a 0x prefix", "0x3\r\nabc\r\n"],
  ["a size with a leading space", " 3\r\nabc\r\n"],
  ["a size with a trailing space", "3 \r\nabc\r\n"],
  ["a size of 14 digits", "00000000000003\r\nabc\r\n"],
  ["a size that wraps at 64 bits", "10000000000000003\r\nabc\r\n"],
  ["no size", "\r\nabc\r\n"],
  ["a bare LF behind the size", "3\nabc\r\n"],
  ["a bare CR behind the size", "3\rabc\r\n"],
  ["a bare LF behind the data", "3\r\nabc\n"],
  ["data longer than its size", "3\r\nabcd\r\n"],
  ["data shorter than its size", "4\r\nabc\r\n"],
  ["a bare LF in an extension", "3;a\nabc\r\n"],
  ["extensions over the bound", `3;${"a".repeat(256)}\r\nabc\r\n`],
  ["many extensions over the bound in all", `1;${"a".repeat(250)}\r\nx\r\n`.repeat(70)],
  ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"],
  ["a trailer with a bare LF", "0\r\nA: b\n\r\n"],
  ["a trailer that frames", "0\r\nContent-Length: 3\r\n\r\n"],
  ["a trailer that routes", "0\r\nHost: b\r\n\r\n"],
  ["a trailer that says who the client is", "0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"],
  ["a request where a trailer belongs", "0\r\nGET /inside HTTP/1.1\r\n\r\n"],
] as const;

describe.each(MALFORMED)("a chunked body with %s", (_, body) => {
  it("is refused before anything of it was sent", async () => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(HEAD + body + BEHIND);
    const heard = await client.ends();
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(heard).toContain("\r\nConnection: close\r\n");
    expect(heard.split("HTTP/1.1")).toHaveLength(2);
    expect(owner.refusals).toEqual(["bad_chunk"]);
    expect(upstream.connections).toEqual([]);
  });

  it("is broken off when its beginning is with the upstream, which never sees it whole", async () => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(`${HEAD}5\r\nfirst\r\n`);
    const connection = await upstream.connected(1);
    await connection.hears("5\r\nfirst\r\n");
    client.send(body + BEHIND);
    const heard = await client.ends();
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(heard.split("HTTP/1.1")).toHaveLength(2);
    await connection.ends();
    expect(upstream.requests).toEqual([]);
    expect(upstream.connections).toHaveLength(1);
    expect(owner.refusals).toEqual(["bad_chunk"]);
    expect(owner.outcomes).toEqual(["abandoned"]);
  });
});

it("a malformed body whose answer is under way breaks the connection instead of a second answer", async () => {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  client.send(`${HEAD}5\r\nfirst\r\n`);
  const connection = await upstream.connected(1);
  await connection.hears("first");
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nearly");
  await client.hears("early");
  client.send("nonsense\r\n");
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nearly");
  await connection.ends();
  expect(owner.outcomes).toEqual(["abandoned"]);
});
