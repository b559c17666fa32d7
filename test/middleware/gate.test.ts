// What the gate does beside admission: connections, headers, ends.

import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { listen } from "../support/listen.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { type Embedded, proxyBehind, startEmbedded } from "../support/start-embedded.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { makeFrame, TEXT } from "../support/websocket-frames.ts";

const CALM = "health: { interval: 1h }";

describe("the gate's way to an upstream", () => {
  test("costs one connection for each request, which the host's proxy takes over", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const embedded = await startEmbedded({ yaml: serviceOf(app.url) });
    await eventually(() => expect(app.probes).toBe(1));
    const client = await openClient(embedded.port);
    for (let count = 2; count < 5; count++) {
      const answer = await client.request("GET", "/");
      expect(answer.status).toBe(200);
      expect(app.connections).toBe(count);
    }
  });

  test("leads to an upstream on a unix socket, too", async () => {
    const path = join(await temporaryDirectory(), "app.sock");
    const app = createServer((_req, res) => res.end("by the socket"));
    await new Promise<void>((resolve) => app.listen(path, resolve));
    onTestFinished(() => void app.close());
    const embedded = await startEmbedded({ yaml: serviceOf(`unix:${path}`) });
    const client = await openClient(embedded.port);
    expect(await client.request("GET", "/")).toMatchObject({ status: 200, body: "by the socket" });
  });

  test("keeps a session of long-polling with the upstream that has it, through a drain", async () => {
    const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
    const drain = "websocket: { onCutover: drain }";
    const upstreams = `upstreams: { blue: "${blue.url}", green: "${green.url}" }`;
    const embedded = await startEmbedded({ yaml: `services: { chat: { ${upstreams}, ${drain} } }\n` });
    const client = await openClient(embedded.port);
    client.ask("GET", "/socket.io/?EIO=4&transport=polling", { headers: { "Accept-Encoding": "gzip" } });
    const [opening] = await blue.arrived(1);
    expect(opening?.headers).not.toHaveProperty("accept-encoding");
    opening?.answer(200, '0{"sid":"one","upgrades":[],"pingInterval":25000,"pingTimeout":20000}');
    await client.answer();
    await embedded.holdgate("cutover", "--to", "green", "--force");
    client.ask("GET", "/socket.io/?EIO=4&transport=polling&sid=one");
    const [, poll] = await blue.arrived(2);
    poll?.answer(200, "2");
    expect(await client.answer()).toMatchObject({ status: 200, body: "2" });
    expect(green.targets).toEqual([]);
  });
});

describe("a request that the gate admits", () => {
  test("reaches its upstream without the gateway's own cookies, and its answer has the gateway's beside the app's", async () => {
    const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
    const upstreams = `upstreams: { blue: "${blue.url}", green: "${green.url}" }`;
    const embedded = await startEmbedded({ yaml: `services: { chat: { ${upstreams} } }\n` });
    await embedded.holdgate("candidate", "green", "--wait-healthy", "10s");
    await embedded.holdgate("canary", "100");
    const client = await openClient(embedded.port);
    client.ask("GET", "/", { headers: { Cookie: "user=7; holdgate_bypass_chat=secret" } });
    const arrival = await green.arrivalOf("/");
    expect(arrival.headers.cookie).toBe("user=7");
    arrival.setHeader("Set-Cookie", "app=1");
    arrival.answer();
    await client.hears("\r\n\r\n");
    const cookies = client.received
      .match(/^set-cookie: \w+/gim)
      ?.map((line) => line.slice("set-cookie: ".length));
    expect(cookies).toEqual(["app", "holdgate_canary"]);
  });

  test("is found by its whole path where Express mounts the gate, and others are the host's own", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const embedded = await startEmbedded({ yaml: serviceOf(app.url, "paths: [/chat]") });
    const { gate } = embedded;
    const host = express();
    host.use("/chat", gate.connect(), proxyBehind(gate));
    host.use(gate.connect(), (req, res) => void res.send(`own, ${typeof req.holdgate}`));
    const client = await openClient(await serve(host));
    expect(await client.request("GET", "/chat/room")).toMatchObject({ status: 200, body: "ok" });
    expect(await client.request("GET", "/other")).toMatchObject({ status: 200, body: "own, undefined" });
    expect(app.targets).toEqual(["/room"]);
  });

  test("is refused where it can be read in two ways, although the host would take it", async () => {
    const app = await startScriptedUpstream();
    const embedded = await startEmbedded({ yaml: serviceOf(app.url) });
    const client = await openClient(embedded.port);
    expect(await client.request("GET", "/", { headers: { Host: "a b" } })).toMatchObject({ status: 400 });
    expect(app.targets).toEqual([]);
  });

  test("is counted until it is over, also when its client leaves", async () => {
    const app = await startScriptedUpstream();
    const embedded = await startEmbedded({ yaml: serviceOf(app.url) });
    const client = await askAlone(embedded.port, "GET", "/slow");
    const arrival = await app.arrivalOf("/slow");
    expect(await embedded.status()).toMatchObject({ inFlight: 1 });
    client.leave();
    await arrival.ended();
    await eventually(async () => expect(await embedded.status()).toMatchObject({ inFlight: 0 }));
  });
});

describe("a drain in front of a host's proxy", () => {
  test("ends event streams, whose clients come back to the new upstream", async () => {
    const { embedded, blue } = await startPair();
    const stream = await askAlone(embedded.port, "GET", "/events");
    const arrival = await blue.arrivalOf("/events");
    arrival.begin("text/event-stream");
    arrival.write("data: 1\n\n");
    await stream.hears("data: 1");
    await embedded.holdgate("cutover", "--to", "green", "--force", "--wait");
    await stream.ends();
    await arrival.ended();
  });

  test("cuts at its deadline what has not ended by then", async () => {
    const { embedded, blue } = await startPair("drainTimeout: 200ms");
    const client = await askAlone(embedded.port, "POST", "/slow", { body: "x" });
    const arrival = await blue.arrivalOf("/slow");
    await embedded.holdgate("cutover", "--to", "green", "--force", "--wait");
    await client.ends();
    await arrival.ended();
    expect(await embedded.status()).toMatchObject({ inFlight: 0 });
  });
});

test("the gate's word of a proxy's failure has the host's headers, and none that the proxy has set", async () => {
  const app = await startScriptedUpstream();
  const { gate } = await startEmbedded({ yaml: serviceOf(app.url) });
  const host = express();
  host.use((_req, res, next) => {
    res.set("X-Host", "1").append("Set-Cookie", "host=1");
    next();
  });
  host.use(gate.connect(), (req, res) => {
    res.statusMessage = "Fine";
    res
      .setHeader("Transfer-Encoding", "chunked")
      .setHeader("Content-Encoding", "gzip")
      .setHeader("ETag", '"1"');
    res.append("Set-Cookie", "app=1").removeHeader("X-Host");
    gate.failed(req, new Error("it broke off"));
  });
  const client = await openClient(await serve(host));
  const answer = await client.request("GET", "/", { headers: { Accept: "application/json" } });
  expect(answer).toMatchObject({ status: 502, headers: { "x-host": "1", "set-cookie": "host=1" } });
  expect(JSON.parse(answer.body)).toMatchObject({ status: 502 });
  for (const name of ["transfer-encoding", "content-encoding", "etag"])
    expect(answer.headers).not.toHaveProperty(name);
});

describe("a WebSocket at the gate", () => {
  test("waits out a hold with all that its client says, and is opened by the release", async () => {
    const app = await startScriptedUpstream();
    const embedded = await startEmbedded({ yaml: serviceOf(app.url) });
    await embedded.holdgate("hold");
    const behind = makeFrame(TEXT, "early", { masked: true });
    const socket = new RawWebSocket(embedded.port, { behind });
    await eventually(async () => expect(await embedded.status()).toMatchObject({ held: 1 }));
    await embedded.holdgate("release");
    expect(await socket.answered).toBe(101);
    expect(app.targets).toEqual(["/ws"]);
    socket.destroy();
  });
});

describe("the gate's end", () => {
  test("lets what is in flight finish, tells what is held to come back, and refuses what is new", async () => {
    const { embedded, blue } = await startPair();
    const [under, client] = [
      await askAlone(embedded.port, "GET", "/under-way"),
      await openClient(embedded.port),
    ];
    const arrival = await blue.arrivalOf("/under-way");
    await embedded.holdgate("hold");
    const held = await askAlone(embedded.port, "GET", "/held");
    await eventually(async () => expect(await embedded.status()).toMatchObject({ held: 1 }));
    const closed = embedded.gate.close();
    expect(await held.answer()).toMatchObject({ status: 503 });
    expect(await client.request("GET", "/new")).toMatchObject({ status: 503, body: "Holdgate is closed\n" });
    arrival.answer();
    expect(await under.answer()).toMatchObject({ status: 200 });
    await closed;
    await embedded.gate.close();
  });
});

function serviceOf(url: string, more = CALM): string {
  return `services: { chat: { upstreams: { blue: "${url}" }, ${more} } }\n`;
}

async function startPair(more = CALM): Promise<{ embedded: Embedded; blue: Scripted; green: Scripted }> {
  const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
  const upstreams = `upstreams: { blue: "${blue.url}", green: "${green.url}" }`;
  const embedded = await startEmbedded({ yaml: `services: { chat: { ${upstreams}, ${more} } }\n` });
  return { embedded, blue, green };
}

type Scripted = Awaited<ReturnType<typeof startScriptedUpstream>>;

async function serve(app: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(app);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}
