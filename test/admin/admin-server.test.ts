import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AuditPort } from "../../src/admin/admin-ports.ts";
import { AdminServer } from "../../src/admin/admin-server.ts";
import type { SocketAddress } from "../../src/config/settings.ts";
import { openAdmin, temporaryDirectory } from "./support/open-admin.ts";

const ANY_PORT = { host: "127.0.0.1", port: 0 };

async function startServer(listen: SocketAddress = ANY_PORT) {
  const admin = await openAdmin();
  const dataDir = temporaryDirectory();
  const server = new AdminServer({ app: admin.app, dataDir, listen });
  onTestFinished(() => server.close());
  await server.listen();
  const tcp = server.addresses.find((address) => "port" in address);
  return { ...admin, server, dataDir, socketPath: join(dataDir, "admin.sock"), port: tcp?.port ?? 0 };
}

interface Sending {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

function send(where: { port: number } | { socketPath: string }, path: string, sending: Sending = {}) {
  const { method = "GET", headers = {}, body } = sending;
  const outgoing = request({ ...where, host: "127.0.0.1", path, method, headers, agent: false });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
  });
  outgoing.end(body);
  return { outgoing, answer };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
}

async function json(where: { port: number } | { socketPath: string }, path: string, sending: Sending = {}) {
  const response = await send(where, path, sending).answer;
  return { status: response.statusCode, body: JSON.parse(await textOf(response)) };
}

describe("the unix socket", () => {
  it("is open to its owner only, needs no token, and is gone after the end", async () => {
    const { server, socketPath } = await startServer();
    expect((statSync(socketPath).mode & 0o777).toString(8)).toBe("600");
    const { status, body } = await json({ socketPath }, "/admin/hold", { method: "POST" });
    expect({ status, mode: body.service.mode.name }).toEqual({ status: 200, mode: "hold" });
    await server.close();
    expect(existsSync(socketPath)).toBe(false);
  });

  it("takes the place of the file that a killed process left", async () => {
    const { app } = await openAdmin();
    const dataDir = temporaryDirectory();
    const path = join(dataDir, "admin.sock");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const child = spawn(process.execPath, ["-e", script]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(path)).toBe(true);
    const server = new AdminServer({ app, dataDir, listen: ANY_PORT });
    onTestFinished(() => server.close());
    await server.listen();
    expect((await json({ socketPath: path }, "/admin/status")).status).toBe(200);
  });

  it("is left to the gateway that listens there", async () => {
    const { app, dataDir, socketPath } = await startServer();
    const second = new AdminServer({ app, dataDir, listen: ANY_PORT });
    await expect(second.listen()).rejects.toMatchObject({
      code: "listen_failed",
      message: `the admin interface cannot listen on ${socketPath}: another gateway listens there; stop it, or use another dataDir`,
    });
    expect((await json({ socketPath }, "/admin/status")).status).toBe(200);
  });

  it("never replaces a file of another kind", async () => {
    const { app } = await openAdmin();
    const dataDir = temporaryDirectory();
    writeFileSync(join(dataDir, "admin.sock"), "precious");
    const server = new AdminServer({ app, dataDir, listen: ANY_PORT });
    await expect(server.listen()).rejects.toThrow(/it is a file of another kind; move it away$/);
    expect(existsSync(join(dataDir, "admin.sock"))).toBe(true);
  });
});

describe("TCP", () => {
  it("needs a token", async () => {
    const { port } = await startServer();
    expect((await json({ port }, "/admin/status")).status).toBe(401);
    const headers = { Authorization: "Bearer operate-token" };
    expect((await json({ port }, "/admin/status", { headers })).status).toBe(200);
  });

  it("answers what is no request as a problem", async () => {
    const { port } = await startServer();
    const { status, body } = await json({ port }, "/admin/status", { headers: { Host: "a b" } });
    expect({ status, code: body.code }).toEqual({ status: 400, code: "bad_request" });
  });

  it("refuses a rebound name", async () => {
    const { port } = await startServer();
    const headers = { Authorization: "Bearer operate-token", Host: `evil.example.com:${port}` };
    expect((await json({ port }, "/admin/status", { headers })).status).toBe(403);
  });

  it("a busy port is one clear error, and nothing is left listening", async () => {
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    onTestFinished(() => void occupant.close());
    const address = occupant.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const { app } = await openAdmin();
    const dataDir = temporaryDirectory();
    const server = new AdminServer({ app, dataDir, listen: { host: "127.0.0.1", port } });
    await expect(server.listen()).rejects.toMatchObject({
      code: "listen_failed",
      message: `the admin interface cannot listen on 127.0.0.1:${port}: it is in use; stop what listens there, or set admin.listen (HOLDGATE_ADMIN_LISTEN) to another`,
    });
    expect(server.addresses).toEqual([]);
    expect(existsSync(join(dataDir, "admin.sock"))).toBe(false);
  });

  it("a body over the bound is refused, also when it comes in chunks and never ends", async () => {
    const { port } = await startServer();
    const headers = { Authorization: "Bearer operate-token", "Transfer-Encoding": "chunked" };
    const outgoing = request({ host: "127.0.0.1", port, path: "/admin/hold", method: "POST", headers });
    outgoing.on("error", () => {});
    onTestFinished(() => void outgoing.destroy());
    outgoing.write(" ".repeat(70_000));
    const [response] = await once(outgoing, "response");
    expect(response).toMatchObject({ statusCode: 413 });
  });
});

describe("a client that leaves", () => {
  it("in the middle of its body is not logged as a failure of the gateway", async () => {
    const { port, control, logged } = await startServer();
    const headers = { Authorization: "Bearer operate-token", "Content-Length": "100" };
    const outgoing = request({ host: "127.0.0.1", port, path: "/admin/hold", method: "POST", headers });
    outgoing.on("error", () => {});
    outgoing.write("{");
    await once(outgoing, "socket");
    await new Promise((resolve) => outgoing.write(" ", resolve));
    outgoing.destroy();
    expect(await firstAudited(control)).toMatchObject({ outcome: "refused", code: "bad_request" });
    expect(logged).toEqual([]);
  });

  it("ends the waiting it asked for", async () => {
    const { socketPath, chat, clock } = await startServer();
    const began = chat.waiting();
    const body = JSON.stringify({ wait: true });
    const { outgoing, answer } = send({ socketPath }, "/admin/hold", { method: "POST", body });
    answer.catch(() => {});
    await began;
    expect(clock.pendingTimers).toBe(1);
    outgoing.destroy();
    await waitUntil(() => clock.pendingTimers === 0);
    expect(chat.waits[0]?.signal.aborted).toBe(true);
  });

  it("ends its stream of events", async () => {
    const { socketPath, control, clock } = await startServer();
    const { outgoing, answer } = send({ socketPath }, "/admin/events");
    const response = await answer;
    expect(response.headers["content-type"]).toBe("text/event-stream");
    await once(response, "data");
    const heard = once(response, "data");
    control.events.publish("shed", "chat", { bound: "maxRequests" });
    expect(String(await heard)).toContain('"type":"shed"');
    response.on("error", () => {});
    outgoing.destroy();
    await waitUntil(() => clock.pendingTimers === 0);
  });

  it("is dropped when it reads no events while many happen", async () => {
    const { socketPath, control, clock } = await startServer();
    const { answer } = send({ socketPath }, "/admin/events");
    const response = await answer;
    await once(response, "data");
    response.pause();
    const closed = closeOf(response);
    // More than the socket's buffers take, and then more than may wait.
    const filler = "x".repeat(10_000);
    while (clock.pendingTimers > 0) {
      for (let i = 0; i < 100; i += 1) control.events.publish("filler", null, { filler });
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.resume();
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });
});

it("closing ends open streams and waiting calls, twice harmlessly", async () => {
  const { server, socketPath } = await startServer();
  const response = await send({ socketPath }, "/admin/events").answer;
  const closed = closeOf(response);
  response.resume();
  await Promise.all([server.close(), server.close()]);
  await closed;
});

/** A connection that is cut ends with an error as well, which is expected here. */
function closeOf(response: IncomingMessage): Promise<void> {
  response.on("error", () => {});
  return new Promise((resolve) => response.on("close", resolve));
}

async function firstAudited({ audit }: { audit: AuditPort }) {
  for (;;) {
    const [entry] = await audit.recent(1);
    if (entry) return entry;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Looks again after each turn of the event loop; the test's own deadline ends it. */
async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
