import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type RequestListener, createServer } from "node:http";
import { type Socket, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { HealthSettings } from "../../src/config/settings.ts";
import { type ProbeResult, probeHealth } from "../../src/gateway/health-probe.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { listen } from "../support/listen.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS: HealthSettings = {
  path: "/api/health",
  intervalMs: 1000,
  timeoutMs: 5000,
  good: 1,
  bad: 1,
  status: { from: 200, to: 399 },
  host: null,
  version: null,
};

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  cleanUps.push(() => server.close().closeAllConnections());
  return listen(server);
}

/** A server that does with each connection what an HTTP server would not. */
async function serveRaw(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    cleanUps.push(() => socket.destroy());
    socket.on("error", () => {});
    onConnection(socket);
  });
  cleanUps.push(() => server.close());
  return listen(server);
}

async function probe(target: number | string, settings: Partial<HealthSettings> = {}): Promise<ProbeResult> {
  return probeHealth({
    url: typeof target === "number" ? `http://127.0.0.1:${target}` : target,
    settings: { ...SETTINGS, ...settings },
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

describe("a good answer", () => {
  it.each([200, 204, 302, 399])("has a status in the range, as %d", async (status) => {
    const port = await serve((_request, response) => response.writeHead(status).end());
    expect(await probe(port)).toEqual({ good: true, version: null });
  });

  it("is asked for with GET, at the path, on a connection of its own, under the address's name", async () => {
    const asked: (string | undefined)[] = [];
    const port = await serve(({ method, url, headers }, response) => {
      asked.push(method, url, headers.host, headers.connection);
      response.end();
    });
    await probe(port);
    expect(asked).toEqual(["GET", "/api/health", `127.0.0.1:${port}`, "close"]);
  });

  it("is asked for under the configured host", async () => {
    let host: string | undefined;
    const port = await serve((request, response) => {
      host = request.headers.host;
      response.end();
    });
    await probe(port, { host: "chat.example.com" });
    expect(host).toBe("chat.example.com");
  });

  it("may come over a unix socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdgate-"));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "app.sock");
    const server = createServer((_request, response) => response.end());
    cleanUps.push(() => server.close());
    await once(server.listen(path), "listening");
    expect(await probe(`unix:${path}`)).toEqual({ good: true, version: null });
  });

  it("is read no further than 64 KiB", async () => {
    const port = await serve((_request, response) => {
      const writeOn = () => void (response.write(Buffer.alloc(16_384)) && setImmediate(writeOn));
      response.on("drain", writeOn);
      writeOn();
    });
    expect(await probe(port, { version: ".version" })).toEqual({ good: true, version: null });
  });
});

describe("the version", () => {
  it.each([
    [".version", '{"version":"1.2.3"}', "1.2.3"],
    [".build.version", '{"build":{"version":7}}', "7"],
    [".build.version", '{"build":"x"}', null],
    [".build.version", '{"build":null}', null],
    [".version", '{"version":{}}', null],
    [".constructor.name", "{}", null],
    [".version", "not json", null],
    [".version", "", null],
  ])("at %s of %s is %s", async (path, body, version) => {
    const port = await serve((_request, response) => response.end(body));
    expect(await probe(port, { version: path })).toEqual({ good: true, version });
  });
});

describe("a bad result says why:", () => {
  it("a status outside the range", async () => {
    const port = await serve((_request, response) => response.writeHead(503).end("starting"));
    expect(await probe(port)).toEqual({ good: false, reason: "GET /api/health answered 503" });
  });

  it("nobody listens", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await once(server.close(), "close");
    expect(await probe(port)).toEqual({
      good: false,
      reason: `127.0.0.1:${port} refused the connection`,
      nobodyThere: true,
    });
  });

  it("the name is unknown", async () => {
    const reason = "app.invalid:8080 cannot be resolved";
    expect(await probe("http://app.invalid:8080")).toEqual({ good: false, reason });
  });

  it("the unix socket is not there", async () => {
    const reason = "unix:/nowhere/app.sock does not exist";
    expect(await probe("unix:/nowhere/app.sock")).toEqual({ good: false, reason, nobodyThere: true });
  });

  it("the connection ended before the answer, or within it", async () => {
    const within = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok";
    for (const answer of ["", within]) {
      const port = await serveRaw((socket) => socket.once("data", () => socket.end(answer)));
      const reason = `127.0.0.1:${port} closed the connection before it had answered`;
      expect(await probe(port)).toEqual({ good: false, reason });
    }
  });

  it("the answer is not HTTP", async () => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n\r\n")));
    const reason = "GET /api/health was answered with something that is not HTTP";
    expect(await probe(port)).toEqual({ good: false, reason });
  });

  it.each([
    ["no answer came", ""],
    ["the answer did not end", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"],
  ])("%s in time", async (_what, answer) => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<Socket>();
    const port = await serveRaw((socket) => {
      socket.write(answer);
      socket.once("data", () => asked.resolve(socket));
    });
    const { signal } = new AbortController();
    const result = probeHealth({ url: `http://127.0.0.1:${port}`, settings: SETTINGS, clock, signal });
    const socket = await asked.promise;
    clock.advance(5000);
    const reason = "GET /api/health was not answered within 5000 ms";
    expect(await result).toEqual({ good: false, reason });
    if (!socket.closed) await once(socket, "close");
  });

  it("the path cannot be sent", async () => {
    const { good } = await probe(1, { path: "/with space" });
    expect(good).toBe(false);
  });
});

it("ends when its signal aborts, and leaves neither timer nor connection", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const asked = Promise.withResolvers<Socket>();
  const port = await serveRaw((socket) => asked.resolve(socket));
  const { signal } = controller;
  const result = probeHealth({ url: `http://127.0.0.1:${port}`, settings: SETTINGS, clock, signal });
  const socket = (await asked.promise).resume();
  controller.abort();
  expect((await result).good).toBe(false);
  if (!socket.closed) await once(socket, "close");
  expect(clock.pendingTimers).toBe(0);
});
