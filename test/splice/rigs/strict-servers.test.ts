// The servers of the rigs take nothing from a client that they do not know yet: a move that forgets something shows.

import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../../support/eventually.ts";
import { actioncableRig } from "./actioncable-rig.ts";
import { rig as chatalot } from "./chatalot-rig.ts";
import { rig as custom } from "./custom-rig.ts";
import { rig as firstMessage } from "./first-message-rig.ts";
import { rig as mattermost } from "./mattermost-rig.ts";
import { rig as phoenix } from "./phoenix-rig.ts";
import { PushCounters, type Rig, type RigServer } from "./rig.ts";
import { rig as stomp } from "./stomp-rig.ts";

test("Action Cable drops a message that comes before its subscribe, and goes on pinging", async () => {
  const { server, heard, say } = await meet(actioncableRig({ pingMs: 50 }), "/cable", "actioncable-v1-json");
  const identifier = JSON.stringify({ channel: "NumbersChannel", client: "anna" });
  const number = (value: number) => JSON.stringify({ action: "say", number: value });
  say(JSON.stringify({ command: "message", identifier, data: number(1) }));
  say(JSON.stringify({ command: "subscribe", identifier }));
  say(JSON.stringify({ command: "subscribe", identifier }));
  say(JSON.stringify({ command: "message", identifier, data: number(2) }));
  await eventually(() => expect(server.received("anna")).toEqual([2]));
  await eventually(() => expect(heard.filter((text) => text.includes('"ping"')).length).toBeGreaterThan(1));
  expect(heard.filter((text) => !text.includes('"ping"'))).toEqual([
    '{"type":"welcome"}',
    JSON.stringify({ identifier, type: "confirm_subscription" }),
  ]);
});

test("Phoenix says that a topic is unmatched until it is joined, and answers heartbeats", async () => {
  const { server, heard, say } = await meet(phoenix, "/socket/websocket?vsn=2.0.0");
  say('["1","2","numbers:anna","say",{"number":1}]');
  say('[null,"3","phoenix","heartbeat",{}]');
  say('["1","4","numbers:anna","phx_join",{}]');
  say('["1","5","numbers:anna","say",{"number":2}]');
  await eventually(() => expect(server.received("anna")).toEqual([2]));
  await eventually(() => expect(heard).toHaveLength(3));
  expect(heard).toEqual([
    '[null,"2","numbers:anna","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]',
    '[null,"3","phoenix","phx_reply",{"status":"ok","response":{}}]',
    '["1","4","numbers:anna","phx_reply",{"status":"ok","response":{}}]',
  ]);
});

test.each([
  {
    rig: stomp,
    path: "/stomp",
    subprotocol: "v12.stomp",
    said: "SEND\ndestination:/app/say\n\n1\0",
    code: 1002,
  },
  { rig: firstMessage, path: "/ws", said: '{"type":"number","number":1}', code: 4401 },
  { rig: chatalot, path: "/ws", said: '{"type":"send_message","ciphertext":"1"}', code: 1008 },
  { rig: custom, path: "/lines", said: "say 1", code: 4403 },
])("$rig.name ends a connection that does not begin with who it is", async (row) => {
  const { socket, say } = await meet(row.rig, row.path, row.subprotocol);
  const closed = once(socket, "close");
  say(row.said);
  expect((await closed)[0]).toBe(row.code);
});

test("Mattermost refuses every other action before its challenge", async () => {
  const { server, heard, say } = await meet(mattermost, "/api/v4/websocket");
  say('{"seq":1,"action":"custom_rig_say","data":{"number":1}}');
  await eventually(() => expect(heard).toHaveLength(1));
  expect(JSON.parse(heard[0] ?? "")).toMatchObject({ status: "FAIL", seq_reply: 1 });
  expect(server.push("anna")).toBe(false);
});

interface Met {
  readonly server: RigServer;
  readonly socket: WebSocket;
  readonly heard: readonly string[];
  readonly say: (text: string) => void;
}

async function meet(rig: Rig, path: string, subprotocol?: string): Promise<Met> {
  const server = await rig.startServer({ version: "1", pushed: new PushCounters() });
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, subprotocol ? [subprotocol] : []);
  onTestFinished(() => {
    socket.terminate();
    server.kill();
  });
  const heard: string[] = [];
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  await once(socket, "open");
  return { server, socket, heard, say: (text) => socket.send(text) };
}
