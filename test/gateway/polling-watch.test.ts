// What the gateway learns of Socket.IO sessions from the HTTP requests that pass it.

import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { textMessage, textOf } from "../../src/splice/message.ts";
import { eventually } from "../support/eventually.ts";
import { openRawClient } from "../support/raw-client.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startService } from "../support/start-service.ts";

const PATH = "/socket.io/?EIO=4&transport=polling";
const SPLICE = "    websocket: { onCutover: splice }";
const OPEN = '0{"sid":"s1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}';
const NEW_OPEN = OPEN.replace("s1", "s2");
const MIB = 1_048_576;

type Answers = (request: SeenRequest) => string | null;

function ok(body: string, lines = ""): string {
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${Buffer.byteLength(body, "latin1")}\r\n\r\n${body}`;
}

async function setUp(service = SPLICE) {
  const blue = await RawUpstream.start();
  const started = await startService({ upstreams: { blue: blue.url }, service });
  onTestFinished(() => started.close());
  const { port } = started;
  const { polled } = started.service.moves;
  const ask = async (method: string, query: string, body?: string) => {
    // A kept connection would not outlive the leaps of the clock.
    const init = { method, headers: { Connection: "close" }, ...(body === undefined ? {} : { body }) };
    return (await fetch(`http://127.0.0.1:${port}${query}`, init)).text();
  };
  const answer = (answers: Answers) => {
    blue.answer = (request) => {
      const bytes = answers(request);
      if (bytes !== null) request.connection.send(bytes);
    };
  };
  /** What a new upstream would hear. */
  const connects = () => {
    const replay = polled.of("s1")?.replay();
    return replay?.onUpstreamMessage(textMessage(NEW_OPEN)).toUpstream.map(textOf) ?? null;
  };
  const open = async (path = PATH) => {
    answer(() => ok(OPEN));
    await ask("GET", path);
    answer(() => ok("ok"));
  };
  return { ...started, blue, polled, ask, answer, connects, open };
}

const SESSION = `${PATH}&sid=s1`;

it("a session that opens and joins by long-polling is known", async () => {
  const { ask, answer, connects, open, polled } = await setUp();
  await open();
  await ask("POST", SESSION, '40{"token":"ä"}\x1e40/admin,');
  answer(() => ok('40{"sid":"x"}\x1e40/admin,{"sid":"y"}'));
  await ask("GET", SESSION);
  expect(polled.of("s1")?.obstacle()).toBeNull();
  expect(connects()).toEqual(['40{"token":"ä"}', "40/admin,"]);
});

it("what a post says counts when it is sent: what comes of it may overtake its own answer", async () => {
  const { ask, answer, open, polled, blue } = await setUp();
  await open();
  answer(({ method }) => (method === "POST" ? null : ok('40{"sid":"x"}')));
  const posted = ask("POST", SESSION, "40");
  const post = await blue.sees(blue.requests.length + 1);
  await ask("GET", SESSION);
  post.connection.send(ok("ok"));
  await posted;
  const replay = polled.of("s1")?.replay();
  replay?.onUpstreamMessage(textMessage(NEW_OPEN));
  expect(replay?.onUpstreamMessage(textMessage('40{"sid":"z"}'))).toMatchObject({
    toClient: [],
    state: "done",
  });
});

it("what is held counts once, when it is released", async () => {
  const { ask, apply, connects, open, service } = await setUp();
  await open();
  apply({ mode: "hold" });
  const posted = ask("POST", SESSION, "40");
  await eventually(() => expect(service.status().held).toBe(1));
  expect(connects()).toEqual([]);
  apply({ mode: "open" });
  await posted;
  expect(connects()).toEqual(["40"]);
});

describe("a session is forgotten", () => {
  it.each<[string, "GET" | "POST", string, (request: SeenRequest) => void]>([
    [
      "that its upstream does not know",
      "GET",
      "",
      reply("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    ],
    ["whose post is refused", "POST", "40", reply("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")],
    ["whose post may not have arrived", "POST", "40", ({ connection }) => connection.socket.end()],
    ["whose post is too large", "POST", `42["${"x".repeat(MIB)}"]`, reply(ok("ok"))],
    ["whose answer is too large", "GET", "", reply(ok(`42["${"x".repeat(MIB)}"]`))],
    [
      "whose answer breaks off",
      "GET",
      "",
      ({ connection }) => connection.socket.end(ok("42[]").slice(0, -1)),
    ],
    ["whose answer is encoded all the same", "GET", "", reply(gzipped("42[]"))],
  ])("%s", async (_, method, body, act) => {
    const { ask, open, polled, blue } = await setUp();
    await open();
    blue.answer = act;
    await ask(method, SESSION, method === "POST" ? body : undefined).catch(() => "");
    await eventually(() => expect(polled.of("s1")).toBeNull());
  });

  it("a minute after its last request", async () => {
    const { clock, ask, answer, open, polled } = await setUp();
    await open();
    clock.advance(40_000);
    await ask("GET", SESSION);
    clock.advance(40_000);
    answer(() => ok(NEW_OPEN));
    await ask("GET", PATH);
    expect(polled.of("s1")).not.toBeNull();
    clock.advance(20_001);
    await ask("GET", PATH);
    expect(polled.of("s1")).toBeNull();
  });
});

it("a session is known for as long as a poll of it is open, and when its client has left that", async () => {
  const { clock, port, ask, answer, open, polled, blue } = await setUp();
  await open();
  answer(({ target }) => (target.includes("sid") ? null : ok(NEW_OPEN)));
  const client = await openRawClient(port);
  client.send(`GET ${SESSION} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await blue.sees(blue.requests.length + 1);
  clock.advance(50_000);
  await ask("GET", PATH);
  clock.advance(20_000);
  await ask("GET", PATH);
  expect(polled.of("s1")).not.toBeNull();
  await client.destroy();
  await ask("GET", PATH);
  expect(polled.of("s1")).not.toBeNull();
});

describe("nothing is learnt, and nothing changed", () => {
  it.each([
    ["where no tunnel is moved", "", PATH],
    ["where another protocol is spoken", "    websocket: { onCutover: splice, protocol: plain }", PATH],
    [
      "on a path where tunnels are not moved",
      '    websocket: { paths: { "/a": { onCutover: splice } } }',
      PATH,
    ],
    ["of Engine.IO 3", SPLICE, PATH.replace("EIO=4", "EIO=3")],
    ["of other requests", SPLICE, "/?q=transport=polling"],
  ])("%s", async (_, service, path) => {
    const { ask, open, polled, blue } = await setUp(service);
    await open(path);
    expect(polled.of("s1")).toBeNull();
    // The first one is always read: it tells the session's name (sessions/).
    await ask("GET", `${path}&sid=s1`);
    expect(blue.requests.at(-1)?.head.toLowerCase()).toContain("accept-encoding: gzip");
  });

  it.each(["onCutover", "onUpstreamLoss"])("but where %s is splice, bodies come plain", async (policy) => {
    const { ask, open, polled, blue } = await setUp(
      `    websocket: { paths: { "/socket.io": { ${policy}: splice } } }`,
    );
    await open();
    expect(polled.of("s1")).not.toBeNull();
    await ask("GET", `${PATH}&sid=s1`);
    expect(blue.requests.at(-1)?.head.toLowerCase()).not.toContain("accept-encoding");
  });
});

function reply(bytes: string): (request: SeenRequest) => void {
  return ({ connection }) => connection.send(bytes);
}

function gzipped(body: string): string {
  return ok(gzipSync(body).toString("latin1"), "Content-Encoding: gzip\r\n");
}
