import { createServer, type OutgoingHttpHeader, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { observeHead } from "../../src/middleware/observe-head.ts";
import { openClient } from "../support/keep-alive-client.ts";
import { listen } from "../support/listen.ts";

const WAYS: [string, (res: ServerResponse) => void][] = [
  ["sets headers and lets Node write the head", (res) => void res.setHeader("Set-Cookie", "app=1").end("x")],
  ["gives them as an object", (res) => void res.writeHead(200, { "Set-Cookie": "app=1" }).end("x")],
  ["gives a reason, too", (res) => void res.writeHead(200, "Fine", { "set-cookie": ["app=1"] }).end("x")],
  ["gives them as a list", (res) => void res.writeHead(200, ["Set-Cookie", "app=1", "X-Two", "2"]).end("x")],
  [
    "has a list in the list",
    (res) => void res.writeHead(200, ["Set-Cookie", ["app=1"], "X-Two", "2"]).end("x"),
  ],
];

test.each(WAYS)("headers are added beside those of a host that %s", async (_name, respond) => {
  const seen: number[] = [];
  const server = createServer((_req, res) => {
    observeHead(res, (status) => {
      seen.push(status);
      return [["Set-Cookie", "own=2"]];
    });
    respond(res);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = await openClient(await listen(server));
  client.ask("GET", "/");
  await client.hears("\r\n\r\n");
  expect(client.received.match(/^set-cookie: .*(?=\r)/gim)?.map((line) => line.slice(12))).toEqual([
    "app=1",
    "own=2",
  ]);
  expect(seen).toEqual([200]);
});

const LISTS: [string, OutgoingHttpHeader[]][] = [
  ["flat", ["Set-Cookie", ["a=1", "b=2"], "X-Two", "2"]],
  // Node's types know no list in a pair; Node does.
  ["nested", [pair("Set-Cookie", ["a=1", "b=2"]), ["X-Two", "2"]]],
];

test.each(LISTS)("a host's %s list of headers loses none", async (_name, headers) => {
  const server = createServer((_req, res) => {
    observeHead(res, () => []);
    res.writeHead(200, headers).end("x");
  });
  onTestFinished(() => server.close().closeAllConnections());
  const client = await openClient(await listen(server));
  client.ask("GET", "/");
  await client.hears("\r\n\r\n");
  expect(client.received).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\nx-two: 2\r\n/iu);
});

function pair(...parts: unknown[]): string[] {
  const list: string[] = [];
  Object.assign(list, parts);
  return list;
}
