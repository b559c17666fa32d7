// How long a request line, a head and a body may be, to the byte.

import { expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET_BYTES = "GET  HTTP/1.1".length;
const HEAD = "GET / HTTP/1.1\r\nHost: a\r\n";

async function setUp(bodyLimitBytes = Infinity) {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  owner.bodyLimitBytes = bodyLimitBytes;
  return { upstream, owner, client: await rawClient(port) };
}

async function expectServed(request: string): Promise<void> {
  const { upstream, client } = await setUp();
  client.send(request);
  await client.hears("\r\n\r\nok");
  expect(upstream.requests).toHaveLength(1);
}

async function expectRefused(request: string, answer: string, reason: string): Promise<void> {
  const { upstream, owner, client } = await setUp();
  client.send(request);
  expect(await client.ends()).toContain(`HTTP/1.1 ${answer}\r\n`);
  expect(owner.refusals).toEqual([reason]);
  expect(upstream.connections).toEqual([]);
}

/** A head of exactly so many bytes, its empty line included. */
function headOf(bytes: number): string {
  const rest = `X: \r\n\r\n`;
  return `${HEAD}X: ${"x".repeat(bytes - HEAD.length - rest.length)}\r\n\r\n`;
}

it("serves a request line of 8 KiB", () =>
  expectServed(`GET /${"x".repeat(8192 - GET_BYTES - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`));

it("answers 414 to a request line of one byte more", () =>
  expectRefused(
    `GET /${"x".repeat(8192 - GET_BYTES)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    "414 URI Too Long",
    "request_line_too_long",
  ));

it("answers 414 as soon as a request line is too long, without waiting for its end", () =>
  expectRefused(`GET /${"x".repeat(9000)}`, "414 URI Too Long", "request_line_too_long"));

it("serves a head of 32 KiB", () => expectServed(headOf(32_768)));

it("answers 431 to a head of one byte more", () =>
  expectRefused(headOf(32_769), "431 Request Header Fields Too Large", "head_too_long"));

it("answers 431 as soon as a head is too long, without waiting for its end", () =>
  expectRefused(`${HEAD}X: ${"x".repeat(33_000)}`, "431 Request Header Fields Too Large", "head_too_long"));

it("serves 200 headers", () => expectServed(`${HEAD}${"X: y\r\n".repeat(199)}\r\n`));

it("answers 431 to 201 headers", () =>
  expectRefused(
    `${HEAD}${"X: y\r\n".repeat(200)}\r\n`,
    "431 Request Header Fields Too Large",
    "too_many_headers",
  ));

it("counts the limits for each request of a connection anew", async () => {
  const { upstream, client } = await setUp();
  client.send(headOf(32_768).repeat(3));
  await client.hears("\r\n\r\nok", 3);
  expect(upstream.requests).toHaveLength(3);
});

it("serves a body that is as large as the owner allows", async () => {
  const { upstream, client } = await setUp(10);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
  await client.hears("\r\n\r\nok");
  expect(upstream.requests).toHaveLength(1);
});

it("answers 413 when a body outgrows what the owner allows, and the upstream never sees it whole", async () => {
  const { upstream, owner, client } = await setUp(10);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const connection = await upstream.connected(1);
  await connection.hears("abc");
  client.send("3\r\ndef\r\n");
  expect(await client.ends()).toContain("HTTP/1.1 413 Content Too Large\r\n");
  await connection.ends();
  expect(upstream.requests).toEqual([]);
  expect(owner.outcomes).toEqual(["abandoned"]);
});
