// node:http on both sides of the engine: what an ordinary client and an ordinary app say to each other.

import { once } from "node:events";
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type RequestOptions,
} from "node:http";
import { buffer, text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { listen } from "../support/listen.ts";
import { startEngine } from "../support/start-engine.ts";

/** A client of the engine, with a node:http app behind it. */
async function setUp(listener: RequestListener) {
  const server = createServer(listener);
  const appPort = await listen(server);
  let connections = 0;
  server.on("connection", () => {
    connections++;
  });
  const { port } = await startEngine({ urls: [`http://127.0.0.1:${appPort}`] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
    server.close().closeAllConnections();
  });
  const send = (options: RequestOptions = {}): ClientRequest =>
    request({ port, host: "127.0.0.1", agent, ...options });
  return { server, send, connections: () => connections };
}

function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => sent.once("response", resolve).once("error", reject));
}

async function get(sent: ClientRequest): Promise<{ response: IncomingMessage; body: Buffer }> {
  sent.end();
  const response = await responseTo(sent);
  return { response, body: await buffer(response) };
}

it("many requests go over one connection on each side", async () => {
  const { send, connections } = await setUp((_, response) => response.end("ok"));
  const sockets = new Set();
  for (let times = 0; times < 20; times++) {
    const { response, body } = await get(send());
    sockets.add(response.socket);
    expect(body.toString()).toBe("ok");
  }
  expect(sockets.size).toBe(1);
  expect(connections()).toBe(1);
});

it("headers of either side arrive as they were written, repeated ones too", async () => {
  const seen: string[][] = [];
  const { send } = await setUp((request, response) => {
    seen.push(request.headersDistinct["x-both"] ?? []);
    response.writeHead(201, "Made", { "Set-Cookie": ["a=1; Path=/", "b=2"], ETag: '"x"' }).end();
  });
  const { response } = await get(send({ headers: { "X-Both": ["one", "two"] } }));
  expect(seen).toEqual([["one", "two"]]);
  expect([response.statusCode, response.statusMessage]).toEqual([201, "Made"]);
  expect(response.headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
  expect(response.headers.etag).toBe('"x"');
});

it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])(
  "%s carries a body both ways",
  async (method) => {
    const { send } = await setUp((request, response) => void request.pipe(response));
    const sent = send({ method, headers: { "Transfer-Encoding": "chunked" } });
    sent.write("over ");
    sent.end("there");
    expect(await text(await responseTo(sent))).toBe("over there");
  },
);

it("a compressed answer is not touched", async () => {
  const zipped = gzipSync("hello".repeat(1000));
  const { send } = await setUp((_, response) => response.setHeader("Content-Encoding", "gzip").end(zipped));
  const { response, body } = await get(send());
  expect(response.headers["content-encoding"]).toBe("gzip");
  expect(body.equals(zipped)).toBe(true);
});

it("HEAD, 204 and 304 keep the connection in step", async () => {
  const { send, connections } = await setUp((request, response) => {
    if (request.method === "HEAD") response.setHeader("Content-Length", 1000).end();
    else response.writeHead(Number(request.url?.slice(1))).end();
  });
  const statuses: (number | undefined)[] = [];
  for (const [method, path] of [
    ["HEAD", "/"],
    ["GET", "/204"],
    ["GET", "/304"],
    ["HEAD", "/"],
    ["GET", "/200"],
  ]) {
    const { response, body } = await get(send({ method, path }));
    expect(body).toHaveLength(0);
    statuses.push(response.statusCode);
  }
  expect(statuses).toEqual([200, 204, 304, 200, 200]);
  expect(connections()).toBe(1);
});

it("trailers go both ways", async () => {
  const { send } = await setUp((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": `seen ${request.trailers["x-sum"]}` });
      response.end();
    });
  });
  const sent = send({ method: "POST", headers: { Trailer: "X-Sum", "Transfer-Encoding": "chunked" } });
  sent.write("body");
  sent.addTrailers({ "X-Sum": "4" });
  sent.end();
  const response = await responseTo(sent);
  expect(await text(response)).toBe("body");
  expect(response.trailers["x-sum"]).toBe("seen 4");
});

it("Expect: 100-continue waits for the app, which may also refuse", async () => {
  const { server, send } = await setUp((request, response) => void request.pipe(response));
  const welcome = send({ method: "POST", headers: { Expect: "100-continue", "Content-Length": 4 } });
  welcome.flushHeaders();
  await once(welcome, "continue");
  welcome.end("body");
  expect(await text(await responseTo(welcome))).toBe("body");
  server.on("checkContinue", (_, response) => response.writeHead(417).end());
  const refused = send({ method: "POST", headers: { Expect: "100-continue", "Content-Length": 4 } });
  refused.flushHeaders();
  expect((await responseTo(refused)).statusCode).toBe(417);
  refused.destroy();
});

it("early hints arrive before the answer", async () => {
  const { promise: hinted, resolve: onHinted } = Promise.withResolvers<void>();
  const { send } = await setUp((_, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    void hinted.then(() => response.end("ok"));
  });
  const sent = send();
  sent.once("information", ({ statusCode, headers }) => {
    expect([statusCode, headers["link"]]).toEqual([103, "</style.css>; rel=preload"]);
    onHinted();
  });
  const { body } = await get(sent);
  expect(body.toString()).toBe("ok");
});

it("an app that throws its connection away is a 502, and the next request is served", async () => {
  const { send } = await setUp((request, response) => {
    if (request.url === "/bad") request.socket.destroy();
    else response.end("ok");
  });
  const { response } = await get(send({ path: "/bad" }));
  expect(response.statusCode).toBe(502);
  expect((await get(send())).body.toString()).toBe("ok");
});

it("an app that breaks off its answer breaks it off for the client", async () => {
  const { send } = await setUp((_, response) => {
    response.writeHead(200, { "Content-Length": 100 });
    response.write("half", () => response.destroy());
  });
  const sent = send();
  sent.end();
  const response = await responseTo(sent);
  await expect(text(response)).rejects.toThrow("aborted");
  expect(response.complete).toBe(false);
});
