// What bounds a hold: clients that leave, too many requests, too long a wait, too much to keep in memory.

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { listen } from "../support/listen.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import type { StartedGateway } from "../support/start-gateway.ts";

const MIB = 1024 * 1024;

interface Stage {
  upstream: RawUpstream;
  gateway: StartedGateway;
}

async function openHolding(service = "", clock?: ManualClock): Promise<Stage> {
  const upstream = await RawUpstream.start();
  const gateway = await openGateway({ blue: upstream.url, service, ...(clock && { clock }) });
  await gateway.dispatch({ type: "hold", service: "chat" });
  return { upstream, gateway };
}

function held({ gateway }: Stage): number {
  return gateway.service.status().held;
}

async function ask({ gateway }: Stage, request: string): Promise<RawConnection> {
  const client = await rawClient(gateway.port);
  client.send(request);
  return client;
}

/** What reached the upstream, but for the probes of its health. */
function targetsOf({ targets }: RawUpstream): string[] {
  return targets.filter((target) => target !== "/");
}

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: chat.example.com\r\n\r\n`;
}

function post(target: string, body: string): string {
  return `POST ${target} HTTP/1.1\r\nHost: chat.example.com\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function chunkedPost(target: string, body: string): string {
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return `POST ${target} HTTP/1.1\r\nHost: chat.example.com\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
}

describe("a held client that leaves", () => {
  const REQUESTS = {
    "a GET": get("/leaver"),
    "a small POST": post("/leaver", "hello"),
    "a POST whose body is yet to come": post("/leaver", "hello").slice(0, -3),
    "a POST of 100 KiB": post("/leaver", "x".repeat(100 * 1024)),
    "a POST of 1 MiB": post("/leaver", "x".repeat(MIB)),
    "a chunked POST of 1 MiB": chunkedPost("/leaver", "x".repeat(MIB)),
    "a PUT of 1 MiB": post("/leaver", "x".repeat(MIB)).replace("POST", "PUT"),
  };
  const WAYS: Record<string, (socket: Socket) => void> = {
    "closing its connection": (socket) => socket.destroySoon(),
    "breaking its connection": (socket) => void socket.resetAndDestroy(),
  };

  for (const [what, request] of Object.entries(REQUESTS)) {
    test.each(Object.entries(WAYS))(`with ${what} is gone within a second by %s`, async (_, leave) => {
      const stage = await openHolding();
      const { gateway, upstream } = stage;
      const leaver = await ask(stage, request);
      await eventually(() => expect(held(stage)).toBe(1));
      const stayer = await ask(stage, get("/stayer"));
      await eventually(() => expect(held(stage)).toBe(2));
      const leftAt = performance.now();
      leave(leaver.socket);
      await eventually(() => expect(held(stage)).toBe(1));
      expect(performance.now() - leftAt).toBeLessThan(1000);
      expect(gateway.gateway.engine.keptBodyBytes).toBe(0);

      await gateway.dispatch({ type: "release", service: "chat" });
      await stayer.hears("\r\n\r\nok");
      expect(targetsOf(upstream)).toEqual(["/stayer"]);
      expect(upstream.heard).not.toContain("/leaver");
      expect(gateway.service.status().counters).toMatchObject({ held: 2, abandoned: 1, released: 1 });
    });
  }
});

test("a held client that leaves with more of its body unread than is kept never gets it to the upstream whole", async () => {
  const stage = await openHolding();
  const body = "x".repeat(16 * MIB);
  const leaver = await ask(stage, post("/leaver", body));
  await eventually(() => expect(stage.gateway.gateway.engine.keptBodyBytes).toBeGreaterThanOrEqual(4 * MIB));
  leaver.socket.destroy();
  await stage.gateway.dispatch({ type: "release", service: "chat" });
  await eventually(() =>
    expect(stage.gateway.service.status()).toMatchObject({
      inFlight: 0,
      counters: { abandoned: 0, released: 1 },
    }),
  );
  expect(targetsOf(stage.upstream)).toEqual([]);
  expect(stage.gateway.gateway.engine.keptBodyBytes).toBe(0);
});

describe("a bound on how many wait", () => {
  test("per client: one more is answered with 503 and Retry-After, other clients are held", async () => {
    const stage = await openHolding("    hold: { maxPerClient: 3 }");
    for (let count = 1; count <= 3; count++) {
      await ask(stage, get(`/${count}`));
      await eventually(() => expect(held(stage)).toBe(count));
    }
    const tooMany = await ask(stage, get("/4"));
    await expectRefusal(tooMany);
    const other = connect({ port: stage.gateway.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
    onTestFinished(() => void other.destroy());
    other.write(get("/other"));
    await eventually(() => expect(held(stage)).toBe(4));
    expect(stage.gateway.service.status().counters).toMatchObject({ admitted: 5, held: 4, shed: 1 });
    expect(stage.gateway.events).toContainEqual({
      type: "shed",
      service: "chat",
      bound: "maxPerClient",
      count: 1,
    });
  });

  test("over all: one more is answered with 503 and Retry-After, and a place that is left is taken", async () => {
    const stage = await openHolding("    hold: { maxRequests: 2 }");
    const first = await ask(stage, get("/1"));
    await ask(stage, get("/2"));
    await eventually(() => expect(held(stage)).toBe(2));
    await expectRefusal(await ask(stage, get("/3")));
    await first.destroy();
    await eventually(() => expect(held(stage)).toBe(1));
    await ask(stage, get("/4"));
    await eventually(() => expect(held(stage)).toBe(2));
    await stage.gateway.dispatch({ type: "release", service: "chat" });
    await eventually(() => expect(targetsOf(stage.upstream)).toEqual(["/2", "/4"]));
    expect(stage.gateway.events).toContainEqual({
      type: "shed",
      service: "chat",
      bound: "maxRequests",
      count: 1,
    });
  });
});

describe("a bound on how long one waits", () => {
  test("ends with the maintenance answer, in the form that the client asked for", async () => {
    const clock = new ManualClock();
    const stage = await openHolding("    hold: { maxWait: 20s }\n    maintenance: { retryAfter: 9s }", clock);
    const html = await ask(stage, get("/page").replace("\r\n\r\n", "\r\nAccept: text/html\r\n\r\n"));
    const json = await ask(stage, get("/page").replace("\r\n\r\n", "\r\nAccept: application/json\r\n\r\n"));
    const written = await ask(stage, post("/page", "x".repeat(200_000)));
    await eventually(() => expect(held(stage)).toBe(3));
    clock.advance(19_900);
    expect(held(stage)).toBe(3);
    clock.advance(100);
    expect(held(stage)).toBe(0);
    for (const client of [html, json, written]) {
      await client.hears("\r\n\r\n");
      expect(client.heard).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 9\r\n.*\r\nHoldgate-Held: 20000\r\n/s);
    }
    expect(html.heard).toContain("text/html");
    expect(json.heard).toContain("application/problem+json");
    expect(targetsOf(stage.upstream)).toEqual([]);
    expect(stage.gateway.gateway.engine.keptBodyBytes).toBe(0);
    expect(stage.gateway.service.status().counters).toMatchObject({ held: 3, expired: 3 });
  });

  test("may be told with the hold itself", async () => {
    const clock = new ManualClock();
    const stage = await openHolding("", clock);
    await stage.gateway.dispatch({ type: "hold", service: "chat", maxWaitMs: 5000 });
    const client = await ask(stage, get("/"));
    await eventually(() => expect(held(stage)).toBe(1));
    clock.advance(5000);
    await client.hears("HTTP/1.1 503 ");
  });
});

describe("a bound on what is kept of bodies", () => {
  const BODY = "x".repeat(64 * 1024);
  const PLENTY = "    hold: { maxPerClient: 2000 }";

  test("is 64 MiB over all that is held: then bodies are refused, what has none is still held", async () => {
    const stage = await openHolding(PLENTY);
    const { engine } = stage.gateway.gateway;
    const clients: RawConnection[] = [];
    while (clients.length < 1024) {
      const requests = Array.from({ length: 32 }, (_, at) => post(`/${clients.length + at}`, BODY));
      clients.push(...(await Promise.all(requests.map((request) => ask(stage, request)))));
      await eventually(() => expect(engine.keptBodyBytes).toBe(clients.length * BODY.length));
    }
    expect(engine.keptBodyBytes).toBe(64 * MIB);
    await expectRefusal(await ask(stage, post("/one-more", BODY)));
    await ask(stage, get("/no-body"));
    await ask(stage, post("/small", "hello"));
    await eventually(() => expect(held(stage)).toBe(1026));
    expect(stage.gateway.events).toContainEqual({
      type: "shed",
      service: "chat",
      bound: "bodyMemory",
      count: 1,
    });
    expect(engine.keptBodyBytes).toBeLessThan(64 * MIB + 1000);

    await stage.gateway.dispatch({ type: "release", service: "chat" });
    await Promise.all(clients.map((client) => client.hears("\r\n\r\nok")));
    await eventually(() => expect(targetsOf(stage.upstream)).toHaveLength(1026));
    expect(engine.keptBodyBytes).toBe(0);
  });

  test("leaves the rest of a large body in the socket until the release, and nothing of it is lost", async () => {
    const bodies: Buffer[] = [];
    const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = await buffer(request);
      if (request.method === "POST") bodies.push(body);
      response.end("ok");
    };
    const upstream = createServer((request, response) => void take(request, response));
    onTestFinished(() => void upstream.close());
    const gateway = await openGateway({ blue: `http://127.0.0.1:${await listen(upstream)}` });
    await gateway.dispatch({ type: "hold", service: "chat" });
    const { engine } = gateway.gateway;
    const body = randomBytes(16 * MIB);
    const client = await rawClient(gateway.port);
    client.send(`POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body);
    await eventually(() => expect(engine.keptBodyBytes).toBeGreaterThanOrEqual(4 * MIB));
    const kept = engine.keptBodyBytes;
    expect(kept).toBeLessThan(4 * MIB + 64 * 1024);
    await eventually(() => expect(client.socket.writableLength).toBeGreaterThan(0));
    expect(engine.keptBodyBytes).toBe(kept);

    await gateway.dispatch({ type: "release", service: "chat" });
    await client.hears("\r\n\r\nok");
    expect(bodies).toHaveLength(1);
    expect(bodies[0]?.equals(body)).toBe(true);
  });
});

async function expectRefusal(client: RawConnection): Promise<void> {
  await client.hears("\r\n\r\n");
  expect(client.heard).toMatch(/^HTTP\/1.1 503 /);
  expect(client.heard).toMatch(/\r\nRetry-After: \d+\r\n/);
}
