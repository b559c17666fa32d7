// Somebody reads along in an exchange: bodies without their framing, while every byte passes as it came.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BodyTap } from "../../src/proxy/body-tap.ts";
import type { ResponseHead } from "../../src/proxy/response-head.ts";
import { inPieces } from "../support/arbitrary-http.ts";
import { eventually } from "../support/eventually.ts";
import { openRawClient, rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

/** What it was shown, with copies of the pieces, which are borrowed. */
class ReadAlong implements BodyTap {
  readonly calls: string[] = [];
  request = "";
  answer = "";
  block = "";
  isOver = false;

  onSent(): void {
    this.calls.push("sent");
    this.request = "";
  }
  onRequestBody(piece: Buffer): void {
    this.request += piece.toString("latin1");
  }
  onRequestEnd(): void {
    this.calls.push("request end");
  }
  onAnswer({ status, block }: ResponseHead): void {
    this.calls.push(`answer ${status}`);
    this.block = block;
  }
  onAnswerBody(piece: Buffer): void {
    this.answer += piece.toString("latin1");
  }
  onAnswerEnd(): void {
    this.calls.push("answer end");
  }
  onOver(): void {
    this.calls.push("over");
    this.isOver = true;
  }
}

const WHOLE = ["sent", "request end", "answer 200", "answer end", "over"];
const LARGE = "0123456789abcdef".repeat(6400);

async function setUp() {
  const blue = await RawUpstream.start();
  const started = await startEngine({ urls: [blue.url] });
  const taps: ReadAlong[] = [];
  const { owner } = started;
  const onRequest = owner.onRequest.bind(owner);
  owner.onRequest = (exchange) => {
    const tap = new ReadAlong();
    taps.push(tap);
    exchange.tap = tap;
    onRequest(exchange);
  };
  const stopTapping = () => (owner.onRequest = onRequest);
  return { ...started, blue, taps, stopTapping };
}

function counted(body: string, method = "POST"): string {
  return `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function chunks(body: string, size: number): string {
  const pieces = Array.from({ length: Math.ceil(body.length / size) }, (_, at) =>
    body.slice(at * size, (at + 1) * size),
  );
  return (
    pieces.map((piece) => `${piece.length.toString(16)};x=y\r\n${piece}\r\n`).join("") + "0\r\nX: y\r\n\r\n"
  );
}

function chunked(body: string, method = "POST"): string {
  return `${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(body, 1000)}`;
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWERS = {
  "Content-Length": `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`,
  chunks: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(LARGE, 3000)}`,
  "the connection's end": `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${LARGE}`,
};

describe("the body of a request", () => {
  it.each([
    ["none", GET, ""],
    ["of no bytes", counted(""), ""],
    ["with a length", counted("hello"), "hello"],
    ["100 KiB with a length", counted(LARGE), LARGE],
    ["in chunks", chunked("hello"), "hello"],
    ["100 KiB in chunks", chunked(LARGE), LARGE],
  ])("%s is shown as it is meant", async (_, request, body) => {
    const { port, blue, taps } = await setUp();
    const client = await rawClient(port);
    client.send(request);
    await client.hears(OK);
    expect(taps.map((tap) => tap.request)).toEqual([body]);
    expect(taps[0]?.calls).toEqual(WHOLE);
    expect(blue.requests[0]?.data).toBe(body);
  });

  it("of each request on one connection is shown to its own tap", async () => {
    const { port, taps } = await setUp();
    const client = await rawClient(port);
    client.send(counted("one") + GET + chunked("three"));
    await client.hears(OK, 3);
    expect(taps.map((tap) => tap.request)).toEqual(["one", "", "three"]);
    expect(taps.map((tap) => tap.calls)).toEqual([WHOLE, WHOLE, WHOLE]);
  });

  it("is shown once more when the request is sent once more", async () => {
    const { port, owner, blue, taps } = await setUp();
    owner.resend = ({ resendable }) => resendable;
    blue.answer = ({ connection }) => {
      blue.answer = OK;
      connection.socket.end();
    };
    const client = await rawClient(port);
    client.send(chunked("hello", "PUT"));
    await client.hears(OK);
    expect(blue.requests).toHaveLength(2);
    expect(taps[0]?.request).toBe("hello");
    expect(taps[0]?.calls).toEqual(["sent", "request end", ...WHOLE]);
  });

  it("is shown when it is sent, not while the request waits", async () => {
    const { port, owner, upstream, taps } = await setUp();
    owner.upstream = null;
    const client = await rawClient(port);
    client.send(counted("hello"));
    await owner.until("the body", () => owner.exchanges[0]?.requestComplete === true);
    expect(taps[0]?.calls).toEqual([]);
    owner.exchanges[0]?.forward(upstream);
    await client.hears(OK);
    expect(taps[0]).toMatchObject({ request: "hello", calls: WHOLE });
  });
});

it("the body of a request has no end when its client leaves in the middle", async () => {
  const { port, blue, taps } = await setUp();
  const client = await rawClient(port);
  client.send(counted("hello").slice(0, -2));
  const connection = await blue.connected(1);
  await connection.hears("hel");
  await client.destroy();
  await eventually(() => expect(taps[0]?.calls).toEqual(["sent", "over"]));
  expect(taps[0]?.request).toBe("hel");
});

describe("the body of an answer", () => {
  it.each(Object.entries(ANSWERS))("framed by %s is shown as it is meant", async (_, answer) => {
    const { port, blue, taps } = await setUp();
    blue.answer = ({ connection }) => {
      connection.send(answer);
      if (answer.includes("close")) connection.socket.end();
    };
    for (const version of ["1.1", "1.0"]) {
      const client = await openRawClient(port);
      client.send(GET.replace("1.1", version));
      await eventually(() => expect(taps.at(-1)?.isOver).toBe(true));
      expect(taps.at(-1)?.calls).toEqual(WHOLE);
      expect(taps.at(-1)?.answer === LARGE).toBe(true);
      await client.destroy();
    }
  });

  it.each(["HEAD / HTTP/1.1 200 OK", "GET / HTTP/1.1 304 Not Modified", "GET / HTTP/1.1 204 No Content"])(
    "of %s is none, and ends",
    async (line) => {
      const { port, blue, taps } = await setUp();
      const [method = "", , , status = ""] = line.split(" ");
      blue.answer = `${line.slice(method.length + 3)}\r\nETag: "x"\r\n\r\n`;
      const client = await rawClient(port);
      client.send(GET.replace("GET", method));
      await eventually(() => expect(taps[0]?.isOver).toBe(true));
      expect(taps[0]?.calls).toEqual(["sent", "request end", `answer ${status}`, "answer end", "over"]);
      expect(taps[0]?.answer).toBe("");
    },
  );

  it("has no end when it breaks off", async () => {
    const { port, blue, taps } = await setUp();
    blue.answer = ({ connection }) =>
      connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    const client = await rawClient(port);
    client.send(GET);
    await client.ends();
    expect(taps[0]?.calls).toEqual(["sent", "request end", "answer 200", "over"]);
    expect(taps[0]?.answer).toBe("hel");
  });

  it("is none of the upstream's when the gateway answers", async () => {
    const { port, blue, taps } = await setUp();
    blue.answer = ({ connection }) => connection.socket.end();
    const client = await rawClient(port);
    client.send(counted("hello"));
    await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
    expect(taps[0]?.calls).toEqual(["sent", "request end", "over"]);
  });
});

it("however the network cuts it, the same is shown", async () => {
  const { port, blue, taps } = await setUp();
  const exchange = fc.constantFrom(
    [
      chunked("hello world"),
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks("an answer", 4)}`,
    ],
    [counted("hello world"), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nan answer"],
  );
  const both = exchange.chain(([request = "", answer = ""]) =>
    fc.tuple(inPieces(fc.constant(request)), inPieces(fc.constant(answer))),
  );
  const property = fc.asyncProperty(both, async ([request, answer]) => {
    blue.answer = ({ connection }) => void connection.sendInPieces(answer.pieces);
    const client = await openRawClient(port);
    await client.sendInPieces(request.pieces);
    await eventually(() => expect(taps.at(-1)?.isOver).toBe(true));
    expect(taps.at(-1)).toMatchObject({ request: "hello world", answer: "an answer", calls: WHOLE });
    await client.destroy();
  });
  await fc.assert(property, { numRuns: 60 });
});

describe("Accept-Encoding", () => {
  const ASKING = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\nAccept: */*\r\n\r\n";

  it("is left out of a tapped request, and of no other with the same head", async () => {
    const { port, blue, stopTapping } = await setUp();
    const client = await rawClient(port);
    client.send(ASKING);
    await client.hears(OK);
    stopTapping();
    client.send(ASKING);
    await client.hears(OK, 2);
    const lines = blue.requests.map(({ head }) =>
      head.split("\r\n").filter((line) => line.startsWith("Accept")),
    );
    const all = ["Accept-Encoding: gzip, br", "Accept: */*"];
    expect(lines).toEqual([["Accept: */*"], all]);
  });

  it("is ignored by some upstreams: the head shows it, and the body passes as it came", async () => {
    const { port, blue, taps } = await setUp();
    blue.answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08";
    const client = await rawClient(port);
    client.send(ASKING);
    await client.hears("\x1f\x8b\x08");
    expect(taps[0]).toMatchObject({ answer: "\x1f\x8b\x08", calls: WHOLE });
    expect(taps[0]?.block).toContain("Content-Encoding: gzip\r\n");
  });
});
