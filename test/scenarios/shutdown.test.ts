// SIGTERM: the gateway finishes what it has begun, sends its tunnels away, and ends.

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { callAdmin } from "../support/call-admin.ts";
import { eventually } from "../support/eventually.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { acceptKey, RawWebSocket } from "../support/raw-websocket.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { switching, TunnelServer } from "../support/tunnel-server.ts";

const RESTART = { code: 1012, reason: "service restart" };

async function startInFrontOf(url: string, service = "", grace = "30s"): Promise<HoldgateProcess> {
  const yaml = `shutdown: { grace: ${grace} }\nservices: { chat: { upstreams: { blue: "${url}" } ${service} } }\n`;
  const holdgate = await startHoldgate(await temporaryDirectory(), yaml);
  onTestFinished(async () => void (await holdgate.end("SIGKILL")));
  return holdgate;
}

/** An upstream that answers its probes only; what else comes waits for the test. */
async function startSilentUpstream(): Promise<RawUpstream> {
  return RawUpstream.start(({ target, connection }) => {
    if (target === "/") connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
}

async function ask({ port }: HoldgateProcess, target: string): Promise<RawConnection> {
  const client = await rawClient(port);
  client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return client;
}

async function seen(upstream: RawUpstream, target: string): Promise<SeenRequest> {
  await eventually(() => expect(upstream.targets).toContain(target));
  const request = upstream.requests.find((each) => each.target === target);
  if (!request) throw new Error(`${target} did not come`);
  return request;
}

/** Resolves when nobody is let in any more: the shutdown has begun. */
async function untilNobodyIsLetIn({ port }: HoldgateProcess): Promise<void> {
  await eventually(async () => {
    const socket = connect(port, "127.0.0.1");
    const outcome = await Promise.race([once(socket, "connect").then(() => "let in"), refusal(socket)]);
    socket.destroy();
    expect(outcome).toBe("ECONNREFUSED");
  });
}

async function refusal(socket: ReturnType<typeof connect>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "no code"));
  return promise;
}

describe("on SIGTERM", () => {
  test("requests in flight are answered, nobody else is let in, and the exit code is 0", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url);
    const idle = await ask(holdgate, "/idle");
    (await seen(upstream, "/idle")).connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nidle");
    await idle.hears("idle");
    const waiting = await ask(holdgate, "/waiting");
    const reading = await ask(holdgate, "/reading");
    const { connection: half } = await seen(upstream, "/reading");
    half.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
    await reading.hears("half");
    const { connection } = await seen(upstream, "/waiting");

    const ended = holdgate.end("SIGTERM");
    await untilNobodyIsLetIn(holdgate);
    await idle.ends();
    expect([waiting.ending, reading.ending]).toEqual(["open", "open"]);
    half.send("half");
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
    expect(await ended).toBe(0);
    expect(await reading.ends()).toMatch(/^HTTP\/1.1 200 .*halfhalf$/s);
    expect(await waiting.ends()).toMatch(/^HTTP\/1.1 200 .*\r\nConnection: close\r\n\r\nanswer$/s);
    expect([waiting.ending, reading.ending]).toEqual(["fin", "fin"]);
  });

  test("held requests get an answer that tells them to come back", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url, ", maintenance: { retryAfter: 7s }");
    await callAdmin(holdgate.adminSocket, "POST", "/admin/hold", {});
    const clients = [await ask(holdgate, "/1"), await ask(holdgate, "/2")];
    const written = await rawClient(holdgate.port);
    written.send(`POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`);
    await eventually(async () => {
      const { body } = await callAdmin(holdgate.adminSocket, "GET", "/admin/status");
      expect(body).toMatchObject({ services: [{ held: 3 }] });
    });
    expect(await holdgate.end("SIGTERM")).toBe(0);
    for (const client of [...clients, written]) {
      expect(await client.ends()).toMatch(
        /^HTTP\/1.1 503 .*\r\nRetry-After: 7\r\n.*\r\nConnection: close\r\n/s,
      );
      expect(client.ending).toBe("fin");
    }
  });
});

describe("on SIGTERM, what would never end by itself", () => {
  test("tunnels are closed with 1012, in waves, and the upstream sees closing handshakes", async () => {
    const upstream = await TunnelServer.start();
    onTestFinished(() => upstream.close());
    const holdgate = await startInFrontOf(upstream.url, ", websocket: { waves: { perSecond: 20 } }");
    const clients = await Promise.all(Array.from({ length: 30 }, () => RawWebSocket.open(holdgate.port)));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    expect(await holdgate.end("SIGTERM")).toBe(0);
    await Promise.all(clients.map((client) => client.closed));
    expect(clients.map(({ received: { problem, close } }) => ({ problem, close }))).toEqual(
      clients.map(() => ({ problem: null, close: RESTART })),
    );
    const times = clients.map(({ closeSeenAt }) => closeSeenAt).toSorted((a, b) => a - b);
    // Thirty at twenty a second.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_200);
    await eventually(() =>
      expect(new Set(upstream.tunnels.map(({ ended }) => ended))).toEqual(new Set(["orderly"])),
    );
    expect(upstream.tunnels.map(({ received }) => received.close)).toEqual(clients.map(() => RESTART));
  });

  test("a tunnel whose handshake was still under way is closed with 1012 as soon as it is open", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url);
    const client = new RawWebSocket(holdgate.port);
    onTestFinished(() => client.destroy());
    const { connection } = await seen(upstream, "/ws");
    const ended = holdgate.end("SIGTERM");
    await untilNobodyIsLetIn(holdgate);
    connection.send(switching(acceptKey(client.key)));
    expect(await client.answered).toBe(101);
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, frames: 1, close: RESTART });
    expect(await ended).toBe(0);
  });

  test("event streams are ended between two events, so that they do not use up the grace", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url);
    const stream = await ask(holdgate, "/events");
    const { connection } = await seen(upstream, "/events");
    connection.send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    connection.send("f\r\nid: 1\ndata: a\n\n\r\n");
    await stream.hears("data: a\n\n");
    expect(await holdgate.end("SIGTERM")).toBe(0);
    expect(await stream.ends()).toMatch(/data: a\n\n\r\n0\r\n\r\n$/);
    expect(stream.ending).toBe("fin");
  });
});

describe("what does not end in time", () => {
  test("is cut when the grace is over, and the exit code is 0 all the same", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url, "", "1s");
    const client = await ask(holdgate, "/never");
    await seen(upstream, "/never");
    expect(await holdgate.end("SIGTERM")).toBe(0);
    expect(await client.ends()).toBe("");
  });

  test("is cut at once by a second signal", async () => {
    const upstream = await startSilentUpstream();
    const holdgate = await startInFrontOf(upstream.url, "", "10m");
    const client = await ask(holdgate, "/never");
    await seen(upstream, "/never");
    const ended = holdgate.end("SIGTERM");
    await untilNobodyIsLetIn(holdgate);
    expect(client.ending).toBe("open");
    holdgate.child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await client.ends()).toBe("");
  });
});
