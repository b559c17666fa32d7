// The example configuration for nginx, run by a real nginx in front of a small upstream.

import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request, type RequestOptions } from "node:https";
import { json, text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { whyLeftOut } from "../support/requirements.ts";
import { ChatUpstream } from "./chat-upstream.ts";
import { RunningNginx } from "./running-nginx.ts";

const leftOut = whyLeftOut("nginx");

let upstream: ChatUpstream;
let nginx: RunningNginx;

beforeAll(async () => {
  if (leftOut !== null) return;
  upstream = await ChatUpstream.start();
  nginx = await RunningNginx.start(upstream.port);
});

afterAll(async () => {
  await nginx?.stop();
  await upstream?.stop();
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

/** One request over a connection of its own; several parts make a chunked body. */
async function send(options: RequestOptions, ...body: string[]): Promise<IncomingMessage> {
  const where = { host: "127.0.0.1", port: nginx.places.httpsPort, ca: nginx.certificateAuthority };
  const outgoing = request({ ...where, agent: false, ...options });
  for (const part of body) outgoing.write(part);
  outgoing.end();
  const [answer] = await once(outgoing, "response");
  return answer;
}

/** What the upstream says it was sent. */
async function seenOf(options: RequestOptions, ...body: string[]): Promise<unknown> {
  return json(await send(options, ...body));
}

describe("a request through nginx.example.conf", () => {
  test("arrives with its host, scheme and the client's address", async () => {
    const seen = await seenOf({ path: "/rooms?id=1", headers: { host: "chat.example.com" } });
    const headers = {
      host: "chat.example.com",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "chat.example.com",
      "x-forwarded-proto": "https",
    };
    expect(seen).toMatchObject({ method: "GET", url: "/rooms?id=1", headers });
    expect(seen).not.toHaveProperty("headers.upgrade");
  });

  test("arrives without the client address that the client made up", async () => {
    const madeUp = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http" };
    const headers = { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" };
    expect(await seenOf({ headers: madeUp })).toMatchObject({ headers });
  });

  test("may be HTTP/2", async () => {
    const origin = `https://localhost:${nginx.places.httpsPort}`;
    const session = connectHttp2(origin, { ca: nginx.certificateAuthority });
    const seen = await json(session.request({ ":path": "/over-http2" }));
    session.close();
    expect(seen).toMatchObject({ url: "/over-http2" });
  });

  test("has its whole body, with a length or in chunks", async () => {
    const body = "x".repeat(100_000);
    const headers = { "content-length": body.length };
    expect(await seenOf({ method: "POST", headers }, body)).toMatchObject({ body });
    expect(await seenOf({ method: "POST" }, body, body)).toMatchObject({ body: body + body });
  });

  test("is not sent a second time when it was cut or answered with 503", async () => {
    upstream.arrivals.length = 0;
    const cut = await send({ method: "PUT", path: "/cut" }, "once");
    const unavailable = await send({ path: "/unavailable" });
    expect(cut.statusCode).toBe(502);
    expect(unavailable).toMatchObject({ statusCode: 503, headers: { "retry-after": "7" } });
    expect(await text(unavailable)).toBe("later");
    expect(upstream.arrivals).toEqual(["PUT /cut", "GET /unavailable"]);
  });

  test("over plain HTTP is sent to https, unless it renews a certificate", async () => {
    const plain = { port: nginx.places.httpPort, headers: { host: "chat.example.com" }, agent: false };
    const [redirect] = await once(get({ ...plain, path: "/a?b=c" }), "response");
    redirect.resume();
    expect(redirect.statusCode).toBe(301);
    expect(redirect.headers.location).toBe("https://chat.example.com/a?b=c");
    const path = "/.well-known/acme-challenge/token";
    const [renewal] = await once(get({ ...plain, path }), "response");
    expect(await json(renewal)).toMatchObject({ url: path });
  });
});

describe("a stream through nginx.example.conf", () => {
  test("is a WebSocket that echoes", async () => {
    const url = `wss://127.0.0.1:${nginx.places.httpsPort}/ws`;
    const tunnel = new WebSocket(url, { ca: nginx.certificateAuthority });
    await once(tunnel, "open");
    tunnel.send("hello");
    const [data] = await once(tunnel, "message");
    expect(String(data)).toBe("hello");
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
