// An upstream's answer is read as strictly as a request: an answer that could end at two places would hand
// its rest to the next client. What is refused becomes a 502, and its connection is never used again.

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function setUp(answer: string) {
  const upstream = await RawUpstream.start(answer);
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, client: await rawClient(port) };
}

function ok(lines: string, body = "ok"): string {
  return `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
}

const LENGTH = "Content-Length: 2\r\n";

const MALFORMED_HEADS = [
  ["no status line", "Hello there\r\n\r\n"],
  ["an HTTP/2 frame", "\0\0\x12\x04\0\0\0\0\0\r\n\r\n"],
  ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a version in lower case", "http/1.1 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 042 OK\r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["a space before the status line", ` ${OK}`],
  ["an empty line before the status line", `\r\n${OK}`],
  ["a control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"],
  ["a bare LF behind the status line", "HTTP/1.1 200 OK\nX: y\r\n\r\n"],
  ["a bare CR behind the status line", "HTTP/1.1 200 OK\rX: y\r\n\r\n"],
  ["a bare LF behind a header", ok(`X: y\n${LENGTH}`)],
  ["a bare CR in a value", ok(`X: y\rz\r\n${LENGTH}`)],
  ["a space before a colon", ok(`X : y\r\n${LENGTH}`)],
  ["a folded value", ok(`X: y\r\n z\r\n${LENGTH}`)],
  ["a header without a colon", ok(`Nonsense\r\n${LENGTH}`)],
  ["a header without a name", ok(`: y\r\n${LENGTH}`)],
  ["a NUL in a value", ok(`X: \0\r\n${LENGTH}`)],
  ["a byte over 127 in a name", ok(`X\xe9: y\r\n${LENGTH}`)],
  ["different Content-Lengths", ok(`${LENGTH}Content-Length: 3\r\n`)],
  ["the same Content-Length twice", ok(LENGTH + LENGTH)],
  ["a list of Content-Lengths", ok("Content-Length: 2, 2\r\n")],
  ["a signed Content-Length", ok("Content-Length: +2\r\n")],
  ["a Content-Length that is no number", ok("Content-Length: two\r\n")],
  ["an empty Content-Length", ok("Content-Length:\r\n")],
  ["Content-Length beside Transfer-Encoding", ok(`${LENGTH}Transfer-Encoding: chunked\r\n`, "0\r\n\r\n")],
  ["Transfer-Encoding twice", ok("Transfer-Encoding: chunked\r\n".repeat(2), "0\r\n\r\n")],
  ["another Transfer-Encoding", ok("Transfer-Encoding: gzip\r\n")],
  ["two transfer codings", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")],
  ["Transfer-Encoding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a Connection header that names Content-Length", ok(`Connection: Content-Length\r\n${LENGTH}`)],
  [
    "an interim answer that is chunked",
    `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${OK}`,
  ],
  ["an interim answer with a body", `HTTP/1.1 103 Early Hints\r\n${LENGTH}\r\nok${OK}`],
  [
    "an interim answer that ends the connection",
    `HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n${OK}`,
  ],
  [
    "another protocol that nobody asked for",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
  ],
  ["401 headers", ok(`${"X: y\r\n".repeat(400)}${LENGTH}`)],
  ["a head over 64 KiB", ok(`X: ${"y".repeat(65_536)}\r\n${LENGTH}`)],
  ["a head over 64 KiB without an end", `HTTP/1.1 200 OK\r\nX: ${"y".repeat(70_000)}`],
] as const;

describe("an answer is refused because of", () => {
  it.each(MALFORMED_HEADS)("%s", async (_, answer) => {
    const { upstream, owner, client } = await setUp(answer);
    client.send(GET);
    await client.hears("malformed");
    expect(client.heard).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(owner.failures.map(({ kind }) => kind)).toEqual(["malformed"]);
    const connection = await upstream.connected(1);
    await connection.ends();
    upstream.answer = OK;
    client.send(GET);
    await client.hears(OK);
    expect(upstream.connections).toHaveLength(2);
    expect(owner.outcomes).toEqual(["answered", "answered"]);
  });
});

const MALFORMED_BODIES = [
  ["a chunk size with a sign", "+2\r\nok\r\n0\r\n\r\n"],
  ["a chunk size with a prefix", "0x2\r\nok\r\n0\r\n\r\n"],
  ["a chunk size of 14 digits", "00000000000002\r\nok\r\n0\r\n\r\n"],
  ["a bare LF behind a chunk size", "2\nok\r\n0\r\n\r\n"],
  ["a bare LF behind chunk data", "2\r\nok\n0\r\n\r\n"],
  ["data longer than its chunk", "2\r\nokay\r\n0\r\n\r\n"],
  ["an extension over the bound", `2;${"x".repeat(256)}\r\nok\r\n0\r\n\r\n`],
  ["a folded trailer", "2\r\nok\r\n0\r\nA: b\r\n c\r\n\r\n"],
  ["a framing trailer", "2\r\nok\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"],
] as const;

describe("an answer is broken off because of", () => {
  it.each(MALFORMED_BODIES)("%s", async (_, body) => {
    const { upstream, owner, client } = await setUp("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(GET);
    const { connection } = await upstream.sees(1);
    connection.send("5\r\nfirst\r\n");
    await client.hears("first");
    connection.send(body);
    const heard = await client.ends();
    expect(heard).toContain("5\r\nfirst\r\n");
    expect(heard).not.toContain("\r\n0\r\n\r\n");
    await connection.ends();
    expect(owner.outcomes).toEqual(["cut"]);
  });
});

describe("a connection is not used again", () => {
  it.each([
    ["whose answer is followed by more bytes", `${OK}HTTP/1.1 200 Hidden\r\nContent-Length: 0\r\n\r\n`],
    ["whose answer to HEAD has a body", ok("Content-Length: 2\r\n", "ok")],
    ["whose 304 has a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok"],
    ["whose 204 has a body", "HTTP/1.1 204 No Content\r\n\r\nok"],
    ["whose 204 promises a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"],
    ["whose 204 promises chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["whose upstream says it closes", ok("Connection: close\r\nContent-Length: 2\r\n")],
    ["of an HTTP/1.0 upstream that does not keep it", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ])("%s", async (what, answer) => {
    const { upstream, client } = await setUp(answer);
    client.send(what.includes("HEAD") ? GET.replace("GET", "HEAD") : GET);
    const connection = await upstream.connected(1);
    await connection.ends();
    upstream.answer = "HTTP/1.1 200 Second\r\nContent-Length: 0\r\n\r\n";
    client.send(GET);
    await client.hears("HTTP/1.1 200 Second\r\n");
    expect(client.heard).not.toContain("Hidden");
    expect(client.heard.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(2);
    expect(upstream.connections).toHaveLength(2);
  });

  it("that sent bytes while it had no request", async () => {
    const { upstream, client } = await setUp(OK);
    client.send(GET);
    await client.hears(OK);
    const { connection } = await upstream.sees(1);
    connection.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    await connection.ends();
    client.send(GET);
    await client.hears(OK, 2);
    expect(client.heard).toBe(OK + OK);
    expect(upstream.connections).toHaveLength(2);
  });
});

it("the length that a 204 promises is kept from the client, who could wait for it", async () => {
  const { client } = await setUp("HTTP/1.1 204 No Content\r\nX: y\r\nContent-Length: 2\r\n\r\n");
  client.send(GET);
  await client.hears("\r\n\r\n");
  expect(client.heard).toBe("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
});
