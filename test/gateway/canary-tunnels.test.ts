// Tunnels and event streams of a canary: they stay while their client does, and go where it goes.

import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { BrowserLike } from "../support/browser-like.ts";
import { startEchoUpstream } from "../support/echo-upstream.ts";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { askAlone, type KeepAliveClient, openClient } from "../support/keep-alive-client.ts";
import { RawUpstream, type SeenRequest } from "../support/raw-upstream.ts";
import { startCanary } from "../support/start-canary.ts";
import { startService } from "../support/start-service.ts";

async function setUp(service = "") {
  const started = await startCanary(service);
  const open = async (headers: Record<string, string> = {}): Promise<KeepAliveClient> => {
    const tunnel = await askAlone(started.port, "GET", "/ws", { headers: { ...headers, ...HANDSHAKE } });
    await tunnel.hears("HTTP/1.1 101 ");
    return tunnel;
  };
  const tunnels = (): Record<string, number> =>
    Object.fromEntries(started.service.status().upstreams.map(({ name, tunnels: count }) => [name, count]));
  return { ...started, open, tunnels };
}

/** Close 1012, "service restart". */
const CLOSE_1012 = "\u0003ô";

describe("the tunnels of a canary", () => {
  test("leave for the active upstream when their client's turn is over, and the others stay", async () => {
    const { canary, open, tunnels, port, clock } = await setUp();
    canary(50);
    const connection = await openClient(port);
    const opened: { home: string; tunnel: KeepAliveClient; browser: BrowserLike }[] = [];
    for (let bucket = 0; bucket < 10_000; bucket += 500) {
      const browser = new BrowserLike();
      browser.take(`holdgate_canary=${bucket}`);
      const home = (await browser.get(connection)).body;
      opened.push({ home, browser, tunnel: await open(browser.headers()) });
    }
    expect(tunnels()).toEqual({ blue: 10, green: 10 });
    canary(20);
    clock.advance(1000);
    const sentAway = () => opened.filter(({ tunnel }) => tunnel.received.includes(CLOSE_1012)).length;
    await eventually(() => expect(sentAway()).toBe(6));
    for (const { home, tunnel, browser } of opened) {
      const now = (await browser.get(connection)).body;
      expect(tunnel.received.includes(CLOSE_1012)).toBe(home !== now);
    }
  });

  test.each([
    ["percentage becomes 0", { canary: { percent: 0, since: 1_234_567 } }],
    ["canary ends", { canary: null }],
    ["candidate is cleared", { canary: null, slots: { candidate: null } }],
  ])("leave when the %s", async (_what, change) => {
    const { canary, open, tunnels, apply, clock } = await setUp();
    canary(100);
    const tunnel = await open();
    expect(tunnels()).toEqual({ blue: 0, green: 1 });
    apply(change);
    clock.advance(1000);
    await tunnel.hears(CLOSE_1012);
  });

  test("leave when the candidate's probes say that it is not healthy", async () => {
    const { canary, open, green, greenIs, clock } = await setUp();
    canary(100);
    const tunnel = await open();
    green.healthy = false;
    await greenIs("unhealthy");
    clock.advance(1000);
    await tunnel.hears(CLOSE_1012);
  });

  test("stay through a cutover to the candidate, and through the next canary", async () => {
    const { canary, open, tunnels, apply, clock } = await setUp();
    canary(100);
    const tunnel = await open();
    apply({ slots: { active: "green", candidate: null, previous: "blue" }, canary: null });
    apply({ slots: { candidate: "blue", previous: null }, canary: { percent: 0, since: 1 } });
    clock.advance(1000);
    expect(tunnels()).toEqual({ blue: 0, green: 1 });
    expect(tunnel.received).not.toContain(CLOSE_1012);
  });
});

test("a handshake that was under way when its client's turn ended is sent away as soon as it is a tunnel", async () => {
  const green = await RawUpstream.start((request) => {
    if (!request.head.includes("websocket")) request.connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  const upstreams = { blue: "http://127.0.0.1:1", green: green.url };
  const { port, apply, service, clock, close } = await startService({
    upstreams,
    service: "    health: { good: 1 }",
  });
  onTestFinished(close);
  apply({ slots: { candidate: "green" }, canary: { percent: 100, since: 0 } });
  await eventually(() => expect(service.health("green").state).toBe("healthy"));
  const client = await askAlone(port, "GET", "/ws", { headers: HANDSHAKE });
  const { connection } = await handshakeAt(green);
  apply({ canary: null, slots: { candidate: null } });
  connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await client.hears("HTTP/1.1 101 ");
  clock.advance(1000);
  await client.hears(CLOSE_1012);
});

async function handshakeAt(upstream: RawUpstream): Promise<SeenRequest> {
  for (let count = 1; ; count++) {
    const request = await upstream.sees(count);
    if (request.head.includes("websocket")) return request;
  }
}

test("the tunnels of a canary are left alone where the path's policy is to drain", async () => {
  const { canary, open, tunnels, clock } = await setUp("    websocket: { onCutover: drain }");
  canary(100);
  await open();
  canary(0);
  clock.advance(1000);
  expect(tunnels()).toEqual({ blue: 0, green: 1 });
});

test("the event streams of a canary end between two events when their client's turn is over", async () => {
  const { canary, port, green, apply } = await setUp();
  canary(100);
  const client = await askAlone(port, "GET", "/waits/events");
  const stream = await green.arrivalOf("/waits/events");
  stream.begin("text/event-stream");
  stream.write("data: one\n\n");
  await client.hears("data: one");
  apply({ canary: null });
  stream.write("data: two\n\n");
  await client.answer();
});

test("the spliced tunnels of a canary are moved to the active upstream under their open sockets", async () => {
  const upstreams: Record<string, string> = {};
  for (const name of ["blue", "green"]) {
    const echo = await startEchoUpstream({ greeting: name });
    onTestFinished(() => echo.close());
    upstreams[name] = echo.url;
  }
  const splice = "    websocket: { onCutover: splice, protocol: plain }\n    health: { good: 1 }";
  const { port, apply, service, clock, close } = await startService({ upstreams, service: splice });
  onTestFinished(close);
  apply({ slots: { candidate: "green" }, canary: { percent: 100, since: 0 } });
  await eventually(() => expect(service.health("green").state).toBe("healthy"));
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const heard: string[] = [];
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  await eventually(() => expect(heard).toEqual(["green"]));
  apply({ canary: null });
  await eventually(() => {
    clock.advance(50);
    expect(heard).toEqual(["green", "blue"]);
  });
  socket.send("still here");
  await eventually(() => expect(heard).toEqual(["green", "blue", "still here"]));
  expect(service.status().counters).toMatchObject({ spliced: 1, reconnected: 0 });
  socket.terminate();
});
