// HTTP/1.0 clients know neither chunks nor interim answers, and their connections end unless they ask.

import { expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
const KEEP_ALIVE = "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n";
const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n";

async function setUp(answer: string | ((request: SeenRequest) => void)) {
  const upstream = await RawUpstream.start(answer);
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, client: await rawClient(port) };
}

it("the connection of a client that does not ask to keep it ends with the answer", async () => {
  const { client } = await setUp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  client.send(GET);
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
});

it("the connection of a client that asks to keep it is kept, and it is told so", async () => {
  const { upstream, client } = await setUp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  for (const times of [1, 2, 3]) {
    client.send(KEEP_ALIVE);
    await client.hears("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", times);
  }
  expect(upstream.connections).toHaveLength(1);
});

it("Connection: close wins over keep-alive beside it", async () => {
  const { client } = await setUp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n");
  expect(await client.ends()).toContain("\r\nConnection: close\r\n");
});

it.each([GET, KEEP_ALIVE])(
  "a chunked answer comes without its chunks and ends with the connection (%j)",
  async (get) => {
    const { client } = await setUp(CHUNKED);
    client.send(get);
    expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world");
    expect(client.ending).toBe("fin");
  },
);

it("an answer that ends with its connection does so here as well", async () => {
  const { client } = await setUp(({ connection }) => {
    connection.send("HTTP/1.1 200 OK\r\n\r\nhello");
    connection.socket.end();
  });
  client.send(KEEP_ALIVE);
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
});

it("each piece of a chunked answer comes as soon as it is there", async () => {
  const { upstream, client } = await setUp(() => {});
  client.send(GET);
  const { connection } = await upstream.sees(1);
  connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await client.hears("\r\n\r\n");
  connection.send("5\r\nfi");
  await client.hears("fi");
  connection.send("rst\r\n6\r\nsecond\r\n");
  await client.hears("firstsecond");
  connection.send("0\r\n\r\n");
  expect(await client.ends()).toMatch(/\r\n\r\nfirstsecond$/);
});

it("interim answers are kept from it", async () => {
  const { client } = await setUp(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  );
  client.send(GET);
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
});

it("an answer to HEAD tells it of no chunks", async () => {
  const { client } = await setUp("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("HEAD / HTTP/1.0\r\nHost: a\r\n\r\n");
  expect(await client.ends()).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
});

it("its counted body is sent on", async () => {
  const { upstream, client } = await setUp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  client.send("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
  await client.ends();
  expect(upstream.requests.map(({ data }) => data)).toEqual(["hello"]);
});
