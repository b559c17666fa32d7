// How the network cuts a stream into pieces changes nothing: neither what the upstream sees nor what the
// client hears, for good streams and for damaged ones.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { damaged, goodAnswer, goodRequest, inPieces } from "../support/arbitrary-http.ts";
import { readAnswer } from "../support/http-message.ts";
import { openRawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { type StartedEngine, startEngine } from "../support/start-engine.ts";
import { untilQuiet } from "../support/until-quiet.ts";

const RUNS = 150;

async function setUp() {
  const blue = await RawUpstream.start();
  return { ...(await startEngine({ urls: [blue.url] })), blue };
}

/** Answers of the gateway itself carry the time. */
function withoutDate(text: string): string {
  return text.replaceAll(/Date: [^\r]*\r\n/g, "");
}

/** What a stream of requests leads to. */
async function outcomeOf(pieces: Buffer[], { port, blue }: StartedEngine & { blue: RawUpstream }) {
  const before = blue.requests.length;
  const client = await openRawClient(port);
  await client.sendInPieces(pieces);
  await untilQuiet(() => `${client.heard.length} ${client.ending} ${blue.requests.length}`);
  const requests = blue.requests.slice(before).map(({ head, body }) => head + body);
  const outcome = { requests, heard: withoutDate(client.heard), ending: client.ending };
  await client.destroy();
  return outcome;
}

const goodStream = fc.array(goodRequest, { minLength: 1, maxLength: 4 }).map((requests) => requests.join(""));

it("well-formed requests, pipelined: each is seen, byte by byte the same", async () => {
  const set = await setUp();
  const property = fc.asyncProperty(inPieces(goodStream), async ({ whole, pieces }) => {
    const expected = await outcomeOf([whole], set);
    expect(expected.ending).toBe("open");
    expect(expected.heard.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(expected.requests.length);
    expect(await outcomeOf(pieces, set)).toEqual(expected);
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(set.owner.refusals).toEqual([]);
});

it("damaged requests: the same ones are seen, and the same answers heard", async () => {
  const set = await setUp();
  const property = fc.asyncProperty(inPieces(damaged(goodStream)), async ({ whole, pieces }) => {
    expect(await outcomeOf(pieces, set)).toEqual(await outcomeOf([whole], set));
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(set.owner.refusals.length).toBeGreaterThan(RUNS / 4);
});

it("requests that come byte by byte", async () => {
  const set = await setUp();
  const property = fc.asyncProperty(fc.oneof(goodRequest, damaged(goodRequest)), async (request) => {
    const whole = Buffer.from(request, "latin1");
    const bytes = Array.from(whole, (byte) => Buffer.of(byte));
    expect(await outcomeOf(bytes, set)).toEqual(await outcomeOf([whole], set));
  });
  await fc.assert(property, { numRuns: 40 });
});

/** What a client makes of an answer that its upstream sends in `pieces`, and then ends. */
async function understoodOf(
  request: string,
  pieces: Buffer[],
  { port, blue }: StartedEngine & { blue: RawUpstream },
) {
  blue.answer = ({ connection }) => void sendAndEnd(connection, pieces);
  const client = await openRawClient(port);
  client.send(request);
  await untilQuiet(() => `${client.heard.length} ${client.ending}`);
  const understood = understand(client, request);
  await client.destroy();
  return understood;
}

async function sendAndEnd(connection: RawConnection, pieces: Buffer[]): Promise<void> {
  await connection.sendInPieces(pieces);
  connection.socket.end();
}

/** Interim heads, then the answer without its framing; null when it is not whole. */
function understand(client: RawConnection, request: string): (string | null)[] {
  const context = { method: request.split(" ")[0] ?? "", ended: client.ending === "fin" };
  const all: (string | null)[] = [];
  for (let at = 0; ;) {
    const answer = readAnswer(client.heard, context, at);
    // What is known of a broken answer depends on what had come of it.
    if (!answer) return [...all, null];
    all.push(withoutDate(answer.head), answer.data);
    if (!answer.head.startsWith("HTTP/1.1 1")) return [...all, client.heard.slice(answer.end), client.ending];
    at = answer.end;
  }
}

const anyRequest = fc.constantFrom(
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
  "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
);

it("well-formed answers are understood alike", async () => {
  const set = await setUp();
  const property = fc.asyncProperty(anyRequest, inPieces(goodAnswer), async (request, { whole, pieces }) => {
    const expected = await understoodOf(request, [whole], set);
    expect(expected).not.toContain(null);
    expect(await understoodOf(request, pieces, set)).toEqual(expected);
  });
  await fc.assert(property, { numRuns: RUNS });
});

it("damaged answers are understood alike, or are broken both times", async () => {
  const set = await setUp();
  const property = fc.asyncProperty(anyRequest, inPieces(damaged(goodAnswer)), async (request, stream) => {
    const expected = await understoodOf(request, [stream.whole], set);
    expect(await understoodOf(request, stream.pieces, set)).toEqual(expected);
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(set.owner.failures.length).toBeGreaterThan(0);
});
