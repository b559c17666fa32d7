import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { PoliteSocket } from "./polite-socket.ts";

test("what was begun before a Close is said before its answer, and nothing else is begun", async () => {
  const { server, client } = await meet();
  const heard: string[] = [];
  client.on("message", (data: Buffer) => heard.push(data.toString()));
  const closed = once(client, "close");
  server.begin();
  client.close(1001);
  await eventually(() => expect(server.mayBegin).toBe(false));
  server.send("said");
  server.said();
  expect((await closed)[0]).toBe(1001);
  expect(heard).toEqual(["said"]);
});

test("a Close is answered at once when nothing was begun", async () => {
  const { client } = await meet();
  const closed = once(client, "close");
  client.close(1001);
  expect((await closed)[0]).toBe(1001);
});

async function meet(): Promise<{ server: PoliteSocket; client: WebSocket }> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, WebSocket: PoliteSocket });
  const client = new WebSocket(`ws://127.0.0.1:${await listen(http)}`);
  onTestFinished(() => {
    client.terminate();
    http.close();
  });
  const [server] = await once(sockets, "connection");
  if (!(server instanceof PoliteSocket)) throw new TypeError("not the socket that was asked for");
  await once(client, "open");
  return { server, client };
}
