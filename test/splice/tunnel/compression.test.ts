// Compression is agreed on hop by hop, and each move agrees anew.

import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from "ws";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { openGateway } from "../../support/open-gateway.ts";
import type { StartedGateway } from "../../support/start-gateway.ts";

type Deflate = PerMessageDeflateOptions | boolean;

const ON: Deflate = { threshold: 0 };
const NO_CONTEXT: Deflate = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };
const SMALL: Deflate = { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 10 };
const POLICY = "    websocket: { onCutover: splice, onUpstreamLoss: splice, protocol: plain }";
const PADDING = "and so on, again and again; ".repeat(200);
const COUNT = 200;

interface App {
  url: string;
  heard: string[];
  sockets: WebSocket[];
  kill: () => void;
}

async function startApp(perMessageDeflate: Deflate, port = 0): Promise<App> {
  const http = createServer((_, response) => void response.end("ok"));
  const server = new WebSocketServer({ server: http, perMessageDeflate });
  const app: App = { url: "", heard: [], sockets: [], kill: () => undefined };
  server.on("connection", (socket) => {
    app.sockets.push(socket);
    socket.on("message", (data: Buffer) => {
      app.heard.push(data.toString());
      socket.send(`echo ${data.toString()}`);
    });
    socket.on("error", () => {});
  });
  app.kill = () => {
    http.close();
    http.closeAllConnections();
    for (const socket of server.clients) socket.terminate();
  };
  onTestFinished(app.kill);
  app.url = `http://127.0.0.1:${await listen(http, port)}`;
  return app;
}

interface Client {
  socket: WebSocket;
  heard: string[];
  closes: number[];
}

async function openClient(gateway: StartedGateway, perMessageDeflate: Deflate): Promise<Client> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/ws`, { perMessageDeflate });
  const client: Client = { socket, heard: [], closes: [] };
  socket.on("message", (data: Buffer) => client.heard.push(data.toString()));
  socket.on("close", (code) => client.closes.push(code));
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return client;
}

const text = (nth: number) => `${nth} ${PADDING}`;

/** Says so many numbered messages in one go. */
function say({ socket }: Client, from: number, count = COUNT): void {
  for (let nth = from; nth < from + count; nth += 1) socket.send(text(nth));
}

async function expectAll(client: Client, apps: App[], count: number): Promise<void> {
  const heard = () => apps.flatMap((app) => app.heard);
  await eventually(() => expect(heard()).toHaveLength(count));
  await eventually(() => expect(client.heard).toHaveLength(count));
  const texts = Array.from({ length: count }, (_, nth) => text(nth));
  expect(heard().join() === texts.join()).toBe(true);
  expect(client.heard.join() === texts.map((each) => `echo ${each}`).join()).toBe(true);
  expect(client.closes).toEqual([]);
}

const CASES: [string, Deflate, Deflate, Deflate][] = [
  ["both", ON, ON, ON],
  ["neither", false, false, false],
  ["the client only", ON, false, false],
  ["the upstreams only", false, ON, ON],
  ["all but the new upstream", ON, ON, false],
  ["all but the old upstream", ON, false, ON],
  ["all, without context takeover on the old one", ON, NO_CONTEXT, ON],
  ["all, without context takeover on the new one", ON, ON, NO_CONTEXT],
  ["all, with smaller windows on the new one", ON, ON, SMALL],
  ["all, with smaller windows on the old one", ON, SMALL, ON],
];

describe.each(CASES)("when %s would compress", (_, client, old, fresh) => {
  test("a cutover in the midst of traffic loses, doubles and garbles nothing", async () => {
    const [blue, green] = [await startApp(old), await startApp(fresh)];
    const gateway = await openGateway({ blue: blue.url, service: POLICY });
    const someone = await openClient(gateway, client);
    say(someone, 0);
    await eventually(() => expect(blue.heard.length).toBeGreaterThan(10));
    say(someone, COUNT);
    await cutOver(gateway, "green", green.url);
    say(someone, 2 * COUNT);
    await eventually(() => expect(green.sockets).toHaveLength(1));
    say(someone, 3 * COUNT);
    await expectAll(someone, [blue, green], 4 * COUNT);
    expect(someone.socket.extensions !== "").toBe(client !== false && old !== false);
    expect(green.sockets[0]?.extensions !== "").toBe(client !== false && fresh !== false);
  });
});

test("what is still being inflated when a hold parks the tunnel is kept for the next upstream", async () => {
  const [blue, green] = [await startApp(ON), await startApp(ON)];
  const gateway = await openGateway({ blue: blue.url, service: POLICY });
  const client = await openClient(gateway, ON);
  say(client, 0);
  await gateway.dispatch({ type: "hold", service: "chat" });
  await eventually(() => expect(gateway.service.status().parked).toBe(1));
  await cutOver(gateway, "green", green.url);
  await gateway.dispatch({ type: "release", service: "chat" });
  await expectAll(client, [blue, green], COUNT);
});

test("what is still being deflated goes out before the client's end is passed on", async () => {
  const blue = await startApp(ON);
  const gateway = await openGateway({ blue: blue.url, service: POLICY });
  const client = await openClient(gateway, ON);
  say(client, 0);
  client.socket.close(1000);
  await eventually(() => expect(blue.heard).toHaveLength(COUNT));
  await eventually(() => expect(client.closes).toEqual([1000]));
  await eventually(() => expect(gateway.service.status().tunnels).toBe(0));
});

test("what is still being deflated for the client comes before the upstream's end", async () => {
  const blue = await startApp(ON);
  const gateway = await openGateway({ blue: blue.url, service: POLICY });
  const client = await openClient(gateway, ON);
  const [socket] = blue.sockets;
  for (let nth = 0; nth < COUNT; nth += 1) socket?.send(text(nth));
  socket?.close(4000);
  await eventually(() => expect(client.closes).toEqual([4000]));
  expect(client.heard).toHaveLength(COUNT);
});

test("a killed upstream's clients come back with what it never took, compressed or not", async () => {
  const blue = await startApp(ON);
  const service = POLICY.replace(" }", ", splice: { onUnknown: keep } }");
  const gateway = await openGateway({ blue: blue.url, service });
  const client = await openClient(gateway, ON);
  say(client, 0);
  await eventually(() => expect(client.heard).toHaveLength(COUNT));
  blue.kill();
  await eventually(() => expect(gateway.service.status().parked).toBe(1));
  say(client, COUNT);
  const port = Number(new URL(blue.url).port);
  const back = await startApp(false, port);
  await eventually(() => expect(back.heard).toHaveLength(COUNT));
  expect(back.heard.map((each) => Number.parseInt(each, 10))).toEqual(
    Array.from({ length: COUNT }, (_, nth) => COUNT + nth),
  );
  expect(client.closes).toEqual([]);
});
