// A kept upstream connection may be closed just as a request is written to it. An idempotent request is
// then sent once more on a fresh one; any other is not, because the upstream may have begun to act on it.

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

function request(method: string, body: string): string {
  return `${method} /again HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A gateway that has one kept connection to its upstream. */
async function setUp() {
  const upstream = await RawUpstream.start();
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  client.send(GET);
  await client.hears(OK);
  client.forget();
  const [kept] = upstream.connections;
  if (!kept) throw new Error("no connection was made");
  return { upstream, owner, client, kept };
}

/** Makes the upstream close the connection when the next request comes on it, and answer on any other. */
function dieAtNextRequest(upstream: RawUpstream, kept: RawConnection, how: "fin" | "reset"): void {
  upstream.answer = ({ connection }) => {
    if (connection !== kept) connection.send(OK);
    else if (how === "fin") connection.socket.end();
    else connection.socket.resetAndDestroy();
  };
}

describe.each(["fin", "reset"] as const)("a kept connection that dies (%s) as the request comes", (how) => {
  it.each(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])("sends a %s once more", async (method) => {
    const { upstream, owner, client, kept } = await setUp();
    dieAtNextRequest(upstream, kept, how);
    client.send(request(method, "body"));
    await client.hears("HTTP/1.1 200 OK\r\n");
    expect(upstream.connections).toHaveLength(2);
    expect(upstream.requests.map(({ target, data }) => [target, data])).toEqual([
      ["/", ""],
      ["/again", "body"],
      ["/again", "body"],
    ]);
    expect(owner.failures).toEqual([]);
  });

  it.each(["POST", "PATCH", "BREW"])("does not send a %s once more", async (method) => {
    const { upstream, owner, client, kept } = await setUp();
    dieAtNextRequest(upstream, kept, how);
    client.send(request(method, "body"));
    await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.targets).toEqual(["/", "/again"]);
    expect(owner.failures.map(({ kind, resendable }) => [kind, resendable])).toEqual([["lost", false]]);
  });
});

it("a request is sent once more, not again and again", async () => {
  const { upstream, owner, client } = await setUp();
  upstream.answer = ({ connection }) => connection.socket.end();
  client.send(GET);
  await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
  expect(upstream.connections).toHaveLength(2);
  expect(upstream.requests).toHaveLength(3);
  expect(owner.failures.map(({ kind, resendable }) => [kind, resendable])).toEqual([["lost", true]]);
});

it("a kept connection that ends while nobody uses it is forgotten, and costs a POST nothing", async () => {
  const { upstream, owner, client, kept } = await setUp();
  kept.socket.end();
  await kept.ends();
  client.send(request("POST", "body"));
  await client.hears(OK);
  expect(upstream.connections).toHaveLength(2);
  expect(owner.failures).toEqual([]);
});

it("a request whose answer has begun is not sent again", async () => {
  const { upstream, owner, client } = await setUp();
  upstream.answer = ({ connection }) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.socket.end();
  };
  client.send(GET);
  expect(await client.ends()).toMatch(/half$/);
  expect(upstream.connections).toHaveLength(1);
  expect(owner.outcomes).toEqual(["answered", "cut"]);
});

it("a request whose answer's head has begun is not silently sent again: its owner decides", async () => {
  const { upstream, owner, client, kept } = await setUp();
  upstream.answer = ({ connection }) => {
    connection.send("HTTP/1.1 200");
    connection.socket.end();
  };
  client.send(GET);
  await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
  await kept.ends();
  expect(upstream.connections).toHaveLength(1);
  expect(owner.failures.map(({ kind, resendable }) => [kind, resendable])).toEqual([["lost", true]]);
});

it("a body that is still on its way follows the request to the fresh connection", async () => {
  const { upstream, client, kept } = await setUp();
  client.send("PUT /again HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
  await kept.hears("first");
  kept.socket.end();
  const fresh = await upstream.connected(2);
  await fresh.hears("first");
  client.send("-last");
  await client.hears(OK);
  expect(upstream.requests.map(({ data }) => data)).toEqual(["", "first-last"]);
});
