// Connections that live on: requests one after another on both sides, and pipelined by the client.

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

/** Answers with the target as the body. */
function echoTarget(upstream: RawUpstream): void {
  upstream.answer = ({ target, connection }) =>
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
}

async function setUp() {
  const upstream = await RawUpstream.start();
  echoTarget(upstream);
  const started = await startEngine({ urls: [upstream.url] });
  return { ...started, blue: upstream, client: await rawClient(started.port) };
}

describe("pipelined requests", () => {
  it("are answered in the order in which they came", async () => {
    const { blue, client } = await setUp();
    const targets = Array.from({ length: 50 }, (_, at) => `/${at}`);
    client.send(targets.map(get).join(""));
    await client.hears("/49");
    const heard = client.heard.match(/\/\d+/g)?.filter((each) => each !== "/1");
    expect(heard).toEqual(targets.filter((each) => each !== "/1"));
    expect(blue.targets).toEqual(targets);
    expect(blue.connections).toHaveLength(1);
  });

  it("are sent one by one: the next when the one before is answered", async () => {
    const { blue, client } = await setUp();
    blue.answer = () => {};
    client.send(get("/1") + get("/2") + get("/3"));
    for (const count of [1, 2, 3]) {
      const { connection } = await blue.sees(count);
      expect(blue.requests).toHaveLength(count);
      expect(client.heard.split(OK)).toHaveLength(count);
      connection.send(OK);
    }
    await client.hears(OK, 3);
  });

  it("with bodies keep to their bodies", async () => {
    const { blue, client } = await setUp();
    const counted = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst";
    const chunked =
      "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n";
    client.send(counted + chunked + get("/3") + counted);
    await client.hears("\r\n\r\n/1", 2);
    expect(blue.targets).toEqual(["/1", "/2", "/3", "/1"]);
    expect(blue.requests.map(({ data }) => data)).toEqual(["first", "second", "", "first"]);
  });

  it("behind one that ends the connection are not executed", async () => {
    const { blue, client } = await setUp();
    client.send(`GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${get("/behind")}`);
    expect(await client.ends()).toMatch(/\r\nConnection: close\r\n\r\n\/last$/);
    expect(blue.targets).toEqual(["/last"]);
  });

  it("behind a refused one are not executed, those before it are", async () => {
    const { blue, client } = await setUp();
    client.send(`${get("/before")}GET / HTTP/1.1\r\nHost: a b\r\n\r\n${get("/behind")}`);
    const heard = await client.ends();
    expect(heard).toContain("\r\n\r\n/beforeHTTP/1.1 400 Bad Request\r\n");
    expect(heard.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(2);
    expect(blue.targets).toEqual(["/before"]);
  });

  it("more than fit in a head wait in the socket, and all are answered", async () => {
    const { blue, client } = await setUp();
    const request = `GET /x HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(1000)}\r\n\r\n`;
    client.send(request.repeat(200));
    await client.hears("\r\n\r\n/x", 200);
    expect(blue.requests).toHaveLength(200);
  });
});

describe("connections to the upstream", () => {
  it("serve many clients one after another", async () => {
    const { port, blue } = await setUp();
    for (const count of [1, 2, 3, 4, 5]) {
      const client = await rawClient(port);
      client.send(get(`/${count}`));
      await client.hears(`\r\n\r\n/${count}`);
      await client.destroy();
    }
    expect(blue.connections).toHaveLength(1);
  });

  it("are as many as there are requests at one time", async () => {
    const { port, blue } = await setUp();
    blue.answer = () => {};
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(port)));
    for (const client of clients) client.send(get("/x"));
    await blue.sees(3);
    expect(blue.connections).toHaveLength(3);
    for (const connection of blue.connections) connection.send(OK);
    await Promise.all(clients.map((client) => client.hears(OK)));
    echoTarget(blue);
    for (const client of clients) client.send(get("/y"));
    await Promise.all(clients.map((client) => client.hears("/y")));
    expect(blue.connections).toHaveLength(3);
  });
});
