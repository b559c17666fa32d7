// DESIGN §2 rule 4: a request is never sent twice unless nothing of it has reached the upstream, or it is
// idempotent, no byte of the answer has reached the client, and its body is empty or still whole.

import { describe, expect, it } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const KEPT_BYTES = 65_536;

function request(method: string, bodyBytes: number): string {
  return `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bodyBytes}\r\n\r\n${"x".repeat(bodyBytes)}`;
}

type Loss = (request: SeenRequest) => void;

const LOSSES: Record<string, Loss> = {
  "before any answer": ({ connection }) => connection.socket.end(),
  "by a reset": ({ connection }) => connection.socket.resetAndDestroy(),
  "inside the answer's head": ({ connection }) => connection.socket.end("HTTP/1.1 200 OK\r\nX:"),
  "behind an interim answer": ({ connection }) =>
    connection.socket.end("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
};

/** Whether the engine says that the request may be sent again, after the upstream was lost. */
async function resendableAfter(loss: Loss, bytes: string): Promise<boolean[]> {
  const upstream = await RawUpstream.start(loss);
  const { port, owner } = await startEngine({ urls: [upstream.url] });
  const client = await rawClient(port);
  client.send(bytes);
  await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
  expect(upstream.requests).toHaveLength(1);
  expect(owner.failures.map(({ kind }) => kind)).toEqual(["lost"]);
  return owner.failures.map(({ resendable }) => resendable);
}

describe.each(Object.entries(LOSSES))("lost %s", (_, loss) => {
  it.each([
    ["GET", 0, true],
    ["HEAD", 0, true],
    ["OPTIONS", 0, true],
    ["TRACE", 0, true],
    ["DELETE", 0, true],
    ["PUT", 0, true],
    ["PUT", 1, true],
    ["PUT", KEPT_BYTES, true],
    ["PUT", KEPT_BYTES + 1, false],
    ["GET", 1000, true],
    ["DELETE", 1_000_000, false],
    ["POST", 0, false],
    ["POST", 1, false],
    ["POST", KEPT_BYTES, false],
    ["PATCH", 0, false],
    ["PATCH", 1, false],
    ["BREW", 0, false],
    ["put", 0, false],
  ])("a %s with %i bytes of body: may be sent again: %s", async (method, bodyBytes, expected) => {
    expect(await resendableAfter(loss, request(method, bodyBytes))).toEqual([expected]);
  });
});

describe("lost with half of the body sent", () => {
  it.each([
    ["PUT", true],
    ["POST", false],
  ])("a %s: may be sent again: %s", async (method, expected) => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    const client = await rawClient(port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf`);
    const connection = await upstream.connected(1);
    await connection.hears("half");
    connection.socket.end();
    await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
    expect(owner.failures.map(({ resendable }) => resendable)).toEqual([expected]);
  });

  it("a chunked PUT is kept with its framing, which counts towards the bound", async () => {
    const chunks = "1\r\nx\r\n".repeat(KEPT_BYTES / 6);
    const head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const loss: Loss = ({ connection }) => connection.socket.end();
    expect(await resendableAfter(loss, `${head}${chunks}0\r\n\r\n`)).toEqual([false]);
    expect(await resendableAfter(loss, `${head}${chunks.slice(6)}0\r\n\r\n`)).toEqual([true]);
  });
});

describe("sent again", () => {
  it.each(["GET", "PUT", "POST"])(
    "a %s that found no connection comes whole to the next upstream",
    async (method) => {
      const dead = await RawUpstream.start();
      await dead.close();
      const alive = await RawUpstream.start();
      const { port, owner, addUpstream } = await startEngine({ urls: [dead.url] });
      owner.resend = ({ kind, resendable }) => {
        owner.upstream = addUpstream([alive.url]);
        return kind === "connect" && resendable;
      };
      const client = await rawClient(port);
      client.send(request(method, 100_000));
      await client.hears(OK);
      expect(owner.failures).toHaveLength(1);
      expect(alive.requests.map(({ data }) => data.length)).toEqual([100_000]);
    },
  );

  it("a PUT that was lost comes whole and byte by byte the same", async () => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    owner.resend = ({ resendable }) => resendable;
    const body = "5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n";
    upstream.answer = ({ connection }) => {
      upstream.answer = OK;
      connection.socket.end();
    };
    const client = await rawClient(port);
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    await client.hears(OK);
    const [first, second] = upstream.connections;
    expect(upstream.requests.map((each) => each.body)).toEqual([body, body]);
    expect(second?.heard).toBe(first?.heard);
  });

  it("a PUT that was lost half way comes whole, its second half as it arrives", async () => {
    const upstream = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [upstream.url] });
    owner.resend = ({ resendable }) => resendable;
    const client = await rawClient(port);
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    const first = await upstream.connected(1);
    await first.hears("half");
    first.socket.resetAndDestroy();
    const second = await upstream.connected(2);
    await second.hears("half");
    client.send("HALF");
    await client.hears(OK);
    expect(upstream.requests.map(({ data }) => data)).toEqual(["halfHALF"]);
  });
});
