// What people get who have nginx in front of Holdgate, with nginx.example.conf and the configuration that it asks for:
// client ▸ nginx ▸ `holdgate run` ▸ a small upstream, all of them real.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request, type RequestOptions } from "node:https";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { ChatUpstream } from "./chat-upstream.ts";
import { RunningNginx } from "./running-nginx.ts";

const leftOut = whyLeftOut("nginx");
/** Beyond nginx's own 60 s, which the example raises. */
const LONG_HOLD_MS = 70_000;
const LONG = "long.example.com";
const CHAT = "chat.example.com";

let directory: string;
let upstream: ChatUpstream;
let holdgate: HoldgateProcess;
let nginx: RunningNginx;
/** Begun first, because it takes its time, of which the other tests need none. */
let longHold: Promise<LongHold>;

beforeAll(async () => {
  if (leftOut !== null) return;
  directory = await mkdtemp(join(tmpdir(), "hg-"));
  upstream = await ChatUpstream.start();
  const blue = `upstreams: { blue: "http://127.0.0.1:${upstream.port}" }`;
  holdgate = await startHoldgate(
    directory,
    `trustedProxies: [127.0.0.1/32]
services:
  chat: { hosts: [${CHAT}], ${blue}, hold: { maxWait: 30s, maxPerClient: 2 } }
  long: { hosts: [${LONG}], ${blue}, hold: { maxWait: 2m, lease: 5m } }
`,
  );
  nginx = await RunningNginx.start(holdgate.port);
  longHold = holdForLong();
  // Whoever awaits it hears of a failure.
  longHold.catch(() => {});
}, 60_000);

afterAll(async () => {
  await nginx?.stop();
  await holdgate?.end("SIGKILL");
  await upstream?.stop();
  if (leftOut === null) await rm(directory, { recursive: true, force: true });
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

describe("a request through nginx and Holdgate", () => {
  test("arrives with the client's own address, and no other is believed", async () => {
    const headers = { host: CHAT, "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http" };
    const seen = await json(await send({ path: "/who", localAddress: "127.0.0.2", headers }));
    expect(seen).toMatchObject({
      headers: {
        host: CHAT,
        "x-forwarded-for": expect.stringMatching(/^127\.0\.0\.2\b/),
        "x-forwarded-proto": "https",
      },
    });
    expect(JSON.stringify(seen)).not.toContain("203.0.113.9");
  });

  test("is counted, in a hold, for the client whose it is", async () => {
    await order("chat", "/admin/hold");
    const first = [1, 2].map((n) => send({ path: `/held/${n}`, localAddress: "127.0.0.2" }));
    await eventually(async () => expect(await held("chat")).toBe(2));
    const third = await send({ path: "/held/3", localAddress: "127.0.0.2" });
    expect(third.statusCode).toBe(503);
    third.resume();
    const other = send({ path: "/held/4", localAddress: "127.0.0.3" });
    await eventually(async () => expect(await held("chat")).toBe(3));
    await order("chat", "/admin/release");
    for (const answer of await Promise.all([...first, other])) {
      expect(answer.statusCode).toBe(200);
      expect(heldMsOf(answer.headers)).toBeGreaterThan(0);
      answer.resume();
    }
  });

  test("gets Holdgate's own answer in maintenance, with its Retry-After", async () => {
    await order("chat", "/admin/maintenance");
    const answer = await send({ path: "/", headers: { host: CHAT, accept: "application/json" } });
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": expect.any(String) } });
    expect(await json(answer)).toMatchObject({ code: "maintenance" });
    await order("chat", "/admin/release");
  });
});

describe("a stream through nginx and Holdgate", () => {
  test("is a WebSocket that echoes", async () => {
    const tunnel = new WebSocket(...socketTo(CHAT));
    await once(tunnel, "open");
    expect(await echo(tunnel, "hello")).toBe("hello");
    tunnel.close();
    await once(tunnel, "close");
  });

  test("delivers an event before the next one is written", async () => {
    const answer = await send({ path: "/events" });
    const events = answer.setEncoding("utf8")[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: "data: first\n\n" });
    upstream.sendEvent("second");
    expect(await events.next()).toMatchObject({ value: "data: second\n\n" });
    answer.destroy();
  });
});

describe("who is held behind nginx for 70 seconds", () => {
  test(
    "is answered: over HTTP/1.1 and HTTP/2, a POST once, a WebSocket's handshake",
    { timeout: 2 * LONG_HOLD_MS },
    async () => {
      const { get, post, tunnel } = await longHold;
      expect(get).toMatchObject({ status: 200, body: { url: "/long/get" } });
      expect(get.heldMs).toBeGreaterThanOrEqual(LONG_HOLD_MS);
      expect(post).toMatchObject({ status: 200, body: { url: "/long/post", body: "once" } });
      expect(post.heldMs).toBeGreaterThanOrEqual(LONG_HOLD_MS);
      expect(await echo(tunnel, "still here")).toBe("still here");
      tunnel.close();
      const arrivals = upstream.arrivals.filter((arrival) => arrival.includes("/long/"));
      expect(arrivals.toSorted()).toEqual(["GET /long/get", "POST /long/post"]);
    },
  );
});

interface HeldAnswer {
  status: number | undefined;
  heldMs: number;
  body: unknown;
}

interface LongHold {
  get: HeldAnswer;
  post: HeldAnswer;
  tunnel: WebSocket;
}

async function holdForLong(): Promise<LongHold> {
  await order("long", "/admin/hold");
  const tunnel = new WebSocket(...socketTo(LONG));
  const answers = Promise.all([
    getOverHttp2("/long/get"),
    send({ method: "POST", path: "/long/post", headers: { host: LONG } }, "once"),
    once(tunnel, "open"),
  ]);
  answers.catch(() => {});
  await eventually(async () => expect(await held("long")).toBe(3));
  // The one thing here that only time can show.
  await pause(LONG_HOLD_MS);
  await order("long", "/admin/release");
  const [get, posted] = await answers;
  const post = { status: posted.statusCode, heldMs: heldMsOf(posted.headers), body: await json(posted) };
  return { get, post, tunnel };
}

async function getOverHttp2(path: string): Promise<HeldAnswer> {
  const origin = `https://localhost:${nginx.places.httpsPort}`;
  const session = connectHttp2(origin, { ca: nginx.certificateAuthority });
  const stream = session.request({ ":path": path, ":authority": LONG });
  const [headers] = await once(stream, "response");
  const body = await json(stream);
  session.close();
  return { status: headers[":status"], heldMs: heldMsOf(headers), body };
}

function heldMsOf(headers: Record<string, unknown>): number {
  return Number(headers["holdgate-held"]);
}

/** One request over a connection of its own. */
async function send(options: RequestOptions, body?: string): Promise<IncomingMessage> {
  const where = { host: "127.0.0.1", port: nginx.places.httpsPort, ca: nginx.certificateAuthority };
  const outgoing = request({
    ...where,
    servername: "localhost",
    agent: false,
    headers: { host: CHAT },
    ...options,
  });
  outgoing.end(body);
  const [answer] = await once(outgoing, "response");
  return answer;
}

function socketTo(host: string): [url: string, options: ClientOptions & { servername: string }] {
  const url = `wss://127.0.0.1:${nginx.places.httpsPort}/ws`;
  return [url, { ca: nginx.certificateAuthority, servername: "localhost", headers: { host } }];
}

async function echo(tunnel: WebSocket, text: string): Promise<string> {
  tunnel.send(text);
  const [data] = await once(tunnel, "message");
  return String(data);
}

async function order(service: string, path: string): Promise<void> {
  const { status, body } = await callAdmin(holdgate.adminSocket, "POST", path, { service });
  expect({ status, body }).toMatchObject({ status: 200 });
}

async function held(service: string): Promise<number> {
  const { body } = await callAdmin(holdgate.adminSocket, "GET", "/admin/status");
  const services = Array.isArray(body["services"]) ? body["services"] : [];
  return services.find(({ name }) => name === service)?.held;
}
