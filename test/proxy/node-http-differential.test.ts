// Whatever node:http refuses, the engine refuses; and whatever the engine forwards, node:http reads in the
// same way. (The other way round the engine may be stricter.) Both get the same damaged bytes.

import * as fc from "fast-check";
import { METHODS } from "node:http";
import { expect, it } from "vitest";
import { damaged, goodAnswer, goodRequest } from "../support/arbitrary-http.ts";
import { readAnswer, statusOf } from "../support/http-message.ts";
import { nodeHttpGet, type TakenAnswer } from "../support/node-http-get.ts";
import { NodeHttpServer, type TakenRequest } from "../support/node-http-server.ts";
import { openRawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";
import { untilQuiet } from "../support/until-quiet.ts";

const RUNS = 600;
// Behind the damaged request: if its end is lost, these are taken for its body, or its body for one of them.
const BEHIND = "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2);

async function setUp() {
  const blue = await RawUpstream.start();
  const node = await NodeHttpServer.start();
  return { ...(await startEngine({ urls: [blue.url] })), blue, node };
}

type Set = Awaited<ReturnType<typeof setUp>>;

/** Gives the same bytes to both; tells what the engine forwarded, as a whole, and what node:http took. */
async function compare(bytes: string, { port, blue, node }: Set) {
  node.forget();
  const before = blue.requests.length;
  const [ours, theirs] = await Promise.all([openRawClient(port), openRawClient(node.port)]);
  ours.send(bytes);
  theirs.send(bytes);
  const progress = (): string => [ours, theirs].map(({ heard, ending }) => heard.length + ending).join();
  await untilQuiet(() => `${progress()} ${blue.requests.length} ${node.taken.length} ${node.refused.length}`);
  const nodeRefused = node.refused.length > 0 || theirs.heard.includes("HTTP/1.1 400 ");
  await Promise.all([ours.destroy(), theirs.destroy()]);
  const forwarded = blue.requests.slice(before).map(({ method, target, data }) => ({ method, target, data }));
  return { forwarded, taken: node.taken.map(inOriginForm), nodeRefused };
}

/** What the engine does with an absolute target, on its way to the upstream. */
function inOriginForm(request: TakenRequest): TakenRequest {
  const rest = /^https?:\/\/[^/?]*(.*)$/i.exec(request.target)?.[1];
  if (rest === undefined) return request;
  if (rest === "" && request.method === "OPTIONS") return { ...request, target: "*" };
  return { ...request, target: rest.startsWith("/") ? rest : `/${rest}` };
}

/** A proxy passes on methods that it does not know (RFC 9110 §9.1); node:http takes those in its list only. */
function isKnown({ method }: TakenRequest): boolean {
  return METHODS.includes(method);
}

it("requests: what is forwarded is what node:http takes from the same bytes, and never more", async () => {
  const set = await setUp();
  let refusals = 0;
  let forwards = 0;
  const property = fc.asyncProperty(damaged(goodRequest), async (request) => {
    const { forwarded, taken, nodeRefused } = await compare(request + BEHIND, set);
    const unknown = forwarded.findIndex((each) => !isKnown(each));
    const comparable = unknown < 0 ? forwarded : forwarded.slice(0, unknown);
    expect(taken.slice(0, comparable.length)).toEqual(comparable);
    refusals += Number(nodeRefused);
    forwards += comparable.length;
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(refusals).toBeGreaterThan(RUNS / 8);
  expect(forwards).toBeGreaterThan(RUNS / 8);
});

/** What a client of the engine takes for the answer; null when it gets none, or one that is not whole. */
async function passedOn(set: Set): Promise<TakenAnswer | null> {
  const client = await openRawClient(set.port);
  const failures = set.owner.failures.length;
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await untilQuiet(() => `${client.heard.length} ${client.ending}`);
  await client.destroy();
  // Then the answer is the gateway's own.
  if (set.owner.failures.length > failures) return null;
  let answer = readAnswer(client.heard, { method: "GET", ended: false });
  while (answer && statusOf(answer.head) < 200) {
    answer = readAnswer(client.heard, { method: "GET", ended: false }, answer.end);
  }
  return answer && { status: statusOf(answer.head), data: answer.data };
}

it("answers: what is passed on is what node:http takes from the same bytes", async () => {
  const set = await setUp();
  let refusals = 0;
  let passes = 0;
  const property = fc.asyncProperty(damaged(goodAnswer), async (answer) => {
    set.blue.answer = ({ connection }) => void connection.socket.end(Buffer.from(answer, "latin1"));
    const [ours, theirs] = await Promise.all([passedOn(set), nodeHttpGet(set.blue.port)]);
    if (ours) expect(theirs).toEqual(ours);
    refusals += Number(theirs === null);
    passes += Number(ours !== null);
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(refusals).toBeGreaterThan(RUNS / 8);
  expect(passes).toBeGreaterThan(RUNS / 8);
});
