import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { type Server, type Socket, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ReachabilityProbe, type ReachabilityProbeOptions } from "../../src/gateway/reachability-probe.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { listen } from "../support/listen.ts";
import { ManualClock } from "../support/manual-clock.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await once(server.close(), "close");
  return port;
}

function httpServer(listener: RequestListener): Server {
  const server = createServer(listener);
  cleanUps.push(() => server.close().closeAllConnections());
  return server;
}

function rawServer(onConnection: (socket: Socket) => void): Server {
  const server = createTcpServer((socket) => {
    cleanUps.push(() => socket.destroy());
    socket.on("error", () => {});
    onConnection(socket);
  });
  cleanUps.push(() => server.close());
  return server;
}

function setUp(ports: number[], options: Partial<ReachabilityProbeOptions> = {}) {
  const clock = new ManualClock();
  const reached = Promise.withResolvers<void>();
  let times = 0;
  const probe = new ReachabilityProbe({
    clock,
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    path: "/api/health",
    host: null,
    timeoutMs: 5000,
    onReachable: () => {
      times += 1;
      reached.resolve();
    },
    ...options,
  });
  cleanUps.push(() => probe.stop());
  const allEnded = async () => vi.waitFor(() => expect(probe.outstanding).toBe(0), { interval: 1 });
  return { clock, probe, reached: reached.promise, times: () => times, allEnded };
}

describe("an upstream that is back", () => {
  it("is found within 50 ms", async () => {
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const port = await freePort();
      const { probe, reached } = setUp([port], { clock: systemClock });
      probe.start();
      await listen(
        httpServer((_request, response) => response.end()),
        port,
      );
      const backAt = systemClock.now();
      await reached;
      tookMs.push(systemClock.now() - backAt);
    }
    // The median, because the machine may be busy with something else for a moment.
    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(50);
  });

  it.each([200, 204, 302, 401, 404, 500])("may answer %d", async (status) => {
    const port = await listen(httpServer((_request, response) => response.writeHead(status).end()));
    const { clock, probe, reached, times } = setUp([port]);
    probe.start();
    await reached;
    clock.advance(1000);
    expect([times(), probe.outstanding, clock.pendingTimers]).toEqual([1, 0, 0]);
  });
});

describe("an attempt", () => {
  it("asks with GET on a new connection, under the configured host", async () => {
    const asked: (string | undefined)[] = [];
    const server = httpServer(({ method, url, headers }, response) => {
      asked.push(method, url, headers.host, headers.connection);
      response.end();
    });
    const { probe, reached } = setUp([await listen(server)], { host: "chat.example.com" });
    probe.start();
    await reached;
    expect(asked).toEqual(["GET", "/api/health", "chat.example.com", "close"]);
  });

  it("needs to reach only one address of several", async () => {
    const port = await listen(httpServer((_request, response) => response.end()));
    const { probe, reached } = setUp([await freePort(), port]);
    probe.start();
    await reached;
    expect(probe.outstanding).toBe(0);
  });

  it("looks the name up", async () => {
    const port = await listen(httpServer((_request, response) => response.end()));
    const { probe, reached } = setUp([], { urls: [`http://localhost:${port}`] });
    probe.start();
    await reached;
  });

  it("that hung may be the one that is answered", async () => {
    const sockets: Socket[] = [];
    const port = await listen(rawServer((socket) => sockets.push(socket)));
    const { clock, probe, reached } = setUp([port]);
    probe.start();
    clock.advance(600);
    await vi.waitFor(() => expect(sockets).toHaveLength(3), { interval: 1 });
    sockets[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await reached;
    expect(probe.outstanding).toBe(0);
  });
});

describe("an upstream that is not back", () => {
  it.each([502, 503, 504])("may have a proxy that answers %d for it", async (status) => {
    const server = httpServer((_request, response) => response.writeHead(status).end());
    const { clock, probe, times, allEnded } = setUp([await listen(server)]);
    probe.start();
    await once(server, "request");
    await allEnded();
    clock.advance(40);
    await once(server, "request");
    expect(times()).toBe(0);
  });

  it("may have a port proxy that accepts and hangs up, or speaks another protocol", async () => {
    for (const greeting of ["", "SSH-2.0-x\r\n"]) {
      const server = rawServer((socket) => socket.end(greeting));
      const { clock, probe, times, allEnded } = setUp([await listen(server)]);
      probe.start();
      await allEnded();
      clock.advance(40);
      await once(server, "connection");
      await allEnded();
      expect(times()).toBe(0);
    }
  });

  it("is asked anew 40 ms later when it refused", async () => {
    const { clock, probe, allEnded } = setUp([await freePort()]);
    probe.start();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(probe.outstanding).toBe(1);
      await allEnded();
      clock.advance(39);
      expect(probe.outstanding).toBe(0);
      clock.advance(1);
    }
  });
});

describe("attempts that hang", () => {
  it("are joined by another after 250 ms, up to eight", async () => {
    const sockets: Socket[] = [];
    const server = rawServer((socket) => sockets.push(socket));
    const { clock, probe } = setUp([await listen(server)], { timeoutMs: 60_000 });
    probe.start();
    clock.advance(240);
    expect(probe.outstanding).toBe(1);
    clock.advance(40);
    expect(probe.outstanding).toBe(2);
    clock.advance(1680);
    expect(probe.outstanding).toBe(8);
    await vi.waitFor(() => expect(sockets).toHaveLength(8), { interval: 1 });
    clock.advance(10_000);
    expect(probe.outstanding).toBe(8);
  });

  it("give way to a new one as long as they only connect", () => {
    let begun = 0;
    const count = () => void (begun += 1);
    subscribe("http.client.request.created", count);
    cleanUps.push(() => unsubscribe("http.client.request.created", count));
    // No turn of the event loop in between, so that none of them gets to connect.
    const { clock, probe } = setUp([9], { timeoutMs: 60_000 });
    probe.start();
    clock.advance(280 * 10);
    expect([probe.outstanding, begun]).toEqual([8, 11]);
  });

  it("are cut at their timeout", async () => {
    const server = rawServer((socket) => socket.resume());
    const { clock, probe } = setUp([await listen(server)], { timeoutMs: 100 });
    probe.start();
    const [socket] = await once(server, "connection");
    clock.advance(100);
    expect(probe.outstanding).toBe(0);
    if (!socket.closed) await once(socket, "close");
    clock.advance(20);
    expect(probe.outstanding).toBe(1);
  });
});

it("says nothing once stopped, leaves neither timer nor connection, and may be started again", async () => {
  const server = rawServer((socket) => socket.resume());
  const { clock, probe, reached, times } = setUp([await listen(server)]);
  probe.start();
  probe.start();
  expect(probe.outstanding).toBe(1);
  const [socket] = await once(server, "connection");
  probe.stop();
  probe.stop();
  expect([probe.outstanding, clock.pendingTimers]).toEqual([0, 0]);
  socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  if (!socket.closed) await once(socket, "close");
  expect(times()).toBe(0);
  server.on("connection", (again: Socket) => again.write("HTTP/1.1 204 No Content\r\n\r\n"));
  probe.start();
  await reached;
});
