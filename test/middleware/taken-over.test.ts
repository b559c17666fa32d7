// Connections that the host gives away with `upgrade`: its middleware sees nothing more of them, so a single WebSocket is
// all that they may be for.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { openClient } from "../support/keep-alive-client.ts";
import { listen } from "../support/listen.ts";
import { rawClient } from "../support/raw-client.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { proxyBehind, startEmbedded } from "../support/start-embedded.ts";

const BEHIND = "GET /behind HTTP/1.1\r\nHost: chat.example.com\r\n\r\n";

test.each(["foo", "h2c", "websocket, foo"])(
  "an upgrade to %s is refused, and so is all behind it",
  async (protocol) => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const { port } = await startEmbedded({ yaml: serviceOf(app.url) });
    const client = await rawClient(port);
    client.send(upgradeTo(protocol) + BEHIND);
    const answer = await client.ends();
    expect(answer).toMatch(/^HTTP\/1\.1 426 .*\r\nConnection: close\r\n/su);
    expect(answer.match(/HTTP\/1\.1/gu)).toHaveLength(1);
    expect(app.targets).toEqual([]);
  },
);

test("a handshake that the app refuses is the last request of its connection", async () => {
  const app = await startPlainApp((_req, res) => res.writeHead(403).end("not you"));
  const { port } = await startEmbedded({ yaml: serviceOf(app.url) });
  const client = await rawClient(port);
  client.send(upgradeTo("websocket") + BEHIND);
  const answer = await client.ends();
  expect(answer).toMatch(/^HTTP\/1\.1 403 .*\r\nConnection: close\r\n/su);
  expect(answer.match(/HTTP\/1\.1/gu)).toHaveLength(1);
  expect(app.targets).toEqual(["/admin"]);
});

test("a handshake shows nobody a page of the app's", async () => {
  const app = await startPlainApp((_req, res) => res.end("the admin's page"));
  const { port } = await startEmbedded({ yaml: serviceOf(app.url) });
  const client = await rawClient(port);
  client.send(upgradeTo("websocket"));
  const answer = await client.ends();
  expect(answer).toMatch(/^HTTP\/1\.1 502 /u);
  expect(answer).not.toContain("the admin's page");
});

test("with shouldUpgrade, what offers another protocol is an ordinary request, which the upstream sees no offer of", async () => {
  const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const { gate } = await startEmbedded({ yaml: serviceOf(app.url) });
  const proxy = proxyBehind(gate);
  const server = createServer({ shouldUpgradeCallback: gate.shouldUpgrade }, (req, res) => {
    if (req.url === "/admin") return void res.writeHead(401).end();
    gate.connect()(req, res, () => proxy(req, res, () => {}));
  });
  server.on("upgrade", gate.upgrade);
  onTestFinished(() => server.close().closeAllConnections());
  const client = await openClient(await listen(server));
  const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
  expect(await client.request("GET", "/admin", { headers })).toMatchObject({ status: 401 });
  expect(await client.request("GET", "/", { headers })).toMatchObject({ status: 200, body: "ok" });
  const [arrival] = app.arrivals;
  expect(arrival?.headers).not.toHaveProperty("upgrade");
  expect(arrival?.headers).not.toHaveProperty("http2-settings");
  client.send(upgradeTo("websocket"));
  await client.hears("HTTP/1.1 101");
});

function upgradeTo(protocol: string): string {
  const offer = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\n`;
  return `GET /admin HTTP/1.1\r\nHost: chat.example.com\r\n${offer}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}

/** One that knows no WebSockets. */
async function startPlainApp(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = [];
  const server = createServer((req, res) => {
    if (req.headers["user-agent"] === "holdgate-probe") return void res.end();
    targets.push(req.url ?? "");
    answer(req, res);
  });
  onTestFinished(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${await listen(server)}`, targets };
}

function serviceOf(url: string): string {
  return `services: { chat: { upstreams: { blue: "${url}" }, health: { interval: 1h } } }\n`;
}
