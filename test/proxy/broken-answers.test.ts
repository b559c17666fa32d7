// An upstream that dies in the middle of its answer: the client sees a broken answer, never one that it
// could take for whole.

import { describe, expect, it } from "vitest";
import { readAnswer } from "../support/http-message.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function setUp() {
  const upstream = await RawUpstream.start(() => {});
  const { port, owner, engine } = await startEngine({ urls: [upstream.url] });
  return { upstream, owner, engine, client: await rawClient(port) };
}

/** What a client that keeps to the rules takes for the answer; null when it sees that it is not whole. */
function understood(client: RawConnection): string | null {
  return readAnswer(client.heard, { method: "GET", ended: client.ending === "fin" })?.data ?? null;
}

const FRAMINGS = {
  counted: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
  chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
  "chunked, inside a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
  "chunked, before its trailers": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
  "ended by its connection": "HTTP/1.1 200 OK\r\n\r\nhalf",
};

const ENDINGS = {
  "ends early": (connection: RawConnection) => void connection.socket.end(),
  "is reset": (connection: RawConnection) => void connection.socket.resetAndDestroy(),
};

describe.each(Object.entries(FRAMINGS))("an answer that is %s", (framing, answer) => {
  // The end of the connection is how such an answer ends; nobody can tell that it came too early.
  const endings = Object.entries(ENDINGS).filter(
    ([how]) => framing !== "ended by its connection" || how === "is reset",
  );

  describe.each(endings)("and whose connection %s", (_, end) => {
    it.each(["1.1", "1.0"])("is broken for an HTTP/%s client", async (version) => {
      const { upstream, owner, client } = await setUp();
      client.send(GET.replace("1.1", version));
      const { connection } = await upstream.sees(1);
      connection.send(answer);
      await client.hears("half");
      end(connection);
      await client.ends();
      expect(understood(client)).toBeNull();
      expect(owner.outcomes).toEqual(["cut"]);
      expect(owner.failures).toEqual([]);
    });
  });
});

it("an answer that ends with its connection is whole when that ends", async () => {
  const { upstream, client } = await setUp();
  client.send(GET);
  const { connection } = await upstream.sees(1);
  connection.socket.end(FRAMINGS["ended by its connection"]);
  await client.hears("0\r\n\r\n");
  expect(understood(client)).toBe("half");
});

it("requests pipelined behind a broken answer are not executed", async () => {
  const { upstream, owner, client } = await setUp();
  client.send(GET + GET);
  const { connection } = await upstream.sees(1);
  connection.send(FRAMINGS.counted);
  await client.hears("half");
  connection.socket.end();
  await client.ends();
  await client.destroy();
  expect(upstream.requests).toHaveLength(1);
  expect(owner.outcomes).toEqual(["cut"]);
});

it.each([
  ["nothing at all", ""],
  ["half a status line", "HTTP/1.1 20"],
  ["half a head", "HTTP/1.1 200 OK\r\nX: y\r\n"],
])(
  "an upstream that sends %s and ends leads to 502, and the client's connection lives on",
  async (_, bytes) => {
    const { upstream, client } = await setUp();
    upstream.answer = ({ connection }) => void connection.socket.end(bytes);
    client.send(GET);
    await client.hears("lost");
    expect(client.heard).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    upstream.answer = OK;
    client.send(GET);
    await client.hears(OK);
  },
);

it("the owner can cut an answer, and the client sees that it is broken", async () => {
  const { upstream, owner, client } = await setUp();
  client.send(GET);
  const { connection } = await upstream.sees(1);
  connection.send(FRAMINGS.chunked);
  await client.hears("half");
  for (const exchange of owner.exchanges) exchange.cut();
  await client.ends();
  expect(understood(client)).toBeNull();
  await connection.ends();
});
