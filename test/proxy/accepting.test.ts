// The moment a connection is accepted: the client may be gone, or the system may report an error.

import { execFileSync } from "node:child_process";
import { Server } from "node:net";
import { expect, it, vi } from "vitest";
import { rawClient } from "../support/raw-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const FORGED = "POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nContent-Length: 0\r\n\r\n";

/** Sends what it is told and resets the connection, before this process can accept it. */
function sendAndReset(port: number, text: string): void {
  const script = `
    const socket = require("node:net").connect(${port}, "127.0.0.1", () => {
      socket.write(${JSON.stringify(text)}, () => socket.resetAndDestroy());
    });`;
  execFileSync(process.execPath, ["-e", script]);
}

it("a client that has gone before it was accepted is not taken for a trusted one", async () => {
  const upstream = await RawUpstream.start();
  const { port, owner, engine } = await startEngine({ urls: [upstream.url] });
  sendAndReset(port, FORGED);
  const client = await rawClient(port);
  client.send(GET);
  await client.hears("ok");
  expect(owner.exchanges.map(({ head }) => head.headers.client)).toEqual(["127.0.0.1"]);
  expect(upstream.heard).not.toContain("6.6.6.6");
  expect(engine.connections).toBe(1);
});

it("an error of accepting one connection does not keep others from being accepted", async () => {
  const upstream = await RawUpstream.start();
  const listen = vi.spyOn(Server.prototype, "listen");
  const { port } = await startEngine({ urls: [upstream.url] });
  const server = listen.mock.contexts.find((context) => context instanceof Server);
  listen.mockRestore();
  expect(server).toBeDefined();
  for (const error of ["EPERM", "ENOBUFS"]) server?.emit("error", new Error(`accept ${error}`));
  const client = await rawClient(port);
  client.send(GET);
  await client.hears("ok");
});
