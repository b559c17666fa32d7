// An upstream's answer as an HTTP/1.1 client sees it: the body byte by byte as it was framed.

import { describe, expect, it } from "vitest";
import { readAnswer } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

async function setUp(answer: string | ((request: SeenRequest) => void)) {
  const upstream = await RawUpstream.start(answer);
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, client: await rawClient(port) };
}

/** What a client hears when the upstream answers with `answer`, once with GET, and that a second one comes. */
async function heardOf(answer: string, request = GET): Promise<string> {
  const { upstream, client } = await setUp(answer);
  client.send(request);
  await upstream.sees(1);
  // The second answer shows that the first one ended where the client thinks it did.
  upstream.answer = "HTTP/1.1 200 Second\r\nContent-Length: 0\r\n\r\n";
  client.send(GET);
  const second = "HTTP/1.1 200 Second\r\nContent-Length: 0\r\n\r\n";
  await client.hears(second);
  expect(client.heard.endsWith(second)).toBe(true);
  expect(upstream.connections).toHaveLength(1);
  return client.heard.slice(0, -second.length);
}

describe("an answer is passed on as it came", () => {
  it.each([
    ["with a counted body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"],
    ["with an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["with every byte in its body", `HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n${everyByte()}`],
    [
      "with repeated headers in their order",
      "HTTP/1.1 200 OK\r\nset-cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
    ],
    ["with a reason of its own", "HTTP/1.1 418 I'm a \xfc teapot\r\nContent-Length: 0\r\n\r\n"],
    ["with an empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"],
    ["with an unusual status", "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["with values over 127 and tabs", "HTTP/1.1 200 OK\r\nX: \xff\t\xe9\r\nContent-Length: 0\r\n\r\n"],
    ["in one chunk", `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`],
    ["in many chunks", `${CHUNKED}${"1\r\nx\r\n".repeat(50)}0\r\n\r\n`],
    ["in chunks with extensions, zeros and capitals", `${CHUNKED}00A;a="b;c"\r\n0123456789\r\n000;z\r\n\r\n`],
    ["with trailers", `${CHUNKED}2\r\nok\r\n0\r\nETag: "x"\r\nServer-Timing: a;b=c\r\n\r\n`],
    ["without a body because it is 204", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"],
    [
      "without a body because it is 304",
      'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 100\r\n\r\n',
    ],
  ])("%s", async (_, answer) => {
    expect(await heardOf(answer)).toBe(answer);
  });

  it.each([
    ["counted", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"],
    ["chunked", CHUNKED],
    ["framed by the end of the connection", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"],
  ])("to HEAD, which tells of a body that would be %s", async (_, answer) => {
    expect(await heardOf(answer, HEAD)).toBe(answer);
  });
});

describe("what is changed in an answer's head", () => {
  it.each([
    ["Connection", "Connection: keep-alive\r\n"],
    ["Keep-Alive", "Keep-Alive: timeout=60, max=100\r\n"],
    ["Proxy-Connection", "Proxy-Connection: keep-alive\r\n"],
    ["TE", "TE: trailers\r\n"],
    ["Upgrade", "Upgrade: h2c\r\n"],
    ["headers that Connection names", "X-Hop: 1\r\nConnection: x-hop, X-Other\r\nX-HOP: 2\r\nx-other: 3\r\n"],
  ])("%s ends at the gateway", async (_, lines) => {
    const heard = await heardOf(`HTTP/1.1 200 OK\r\nX-A: b\r\n${lines}Content-Length: 2\r\n\r\nok`);
    expect(heard).toBe("HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  });

  it("an answer of an HTTP/1.0 upstream is told as HTTP/1.1", async () => {
    const heard = await heardOf("HTTP/1.0 200 Fine\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok");
    expect(heard).toBe("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok");
  });

  it("a 204 has no framing, whatever its upstream claims", async () => {
    const { client } = await setUp("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(GET);
    await client.hears("\r\n\r\n");
    expect(client.heard).toBe("HTTP/1.1 204 No Content\r\n\r\n");
  });
});

describe("an answer that ends with its connection", () => {
  const UNFRAMED = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n";

  it("is made chunked, and the client's connection lives on", async () => {
    const { upstream, client } = await setUp(({ connection }) => connection.send(`${UNFRAMED}hello`));
    client.send(GET);
    await client.hears("hello");
    const { connection } = await upstream.sees(1);
    connection.send(" world");
    await client.hears(" world");
    connection.socket.end();
    await client.hears("0\r\n\r\n");
    expect(client.heard).toBe(
      "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    );
    upstream.answer = "HTTP/1.1 204 No Content\r\n\r\n";
    client.send(GET);
    await client.hears("HTTP/1.1 204 No Content\r\n\r\n");
    expect(upstream.connections).toHaveLength(2);
  });

  it("and has no body becomes an empty chunked one", async () => {
    const { client } = await setUp(({ connection }) => {
      connection.send(UNFRAMED);
      connection.socket.end();
    });
    client.send(GET);
    await client.hears("0\r\n\r\n");
    expect(readAnswer(client.heard, { method: "GET", ended: false })?.data).toBe("");
  });
});

describe("a piece of an answer", () => {
  it.each([
    ["counted", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", ["a", "b", "cdef"]],
    ["chunked", CHUNKED, ["1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"]],
    ["cut inside a chunk", CHUNKED, ["3\r\na", "b", "c\r\n0\r\n\r\n"]],
    [
      "an event",
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
      ["data: 1\n\n", "data: 2\n\n"],
    ],
  ])("(%s) reaches the client before the next one is written", async (_, head, pieces) => {
    const { upstream, client } = await setUp(() => {});
    client.send(GET);
    const { connection } = await upstream.sees(1);
    connection.send(head);
    await client.hears("\r\n\r\n");
    for (const piece of pieces) {
      client.forget();
      connection.send(piece);
      await client.hears(piece);
    }
  });
});

function everyByte(): string {
  return Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1");
}
