// The chatters against the chat app itself, with no gateway in between: without an upgrade nothing
// may be lost, and with a bare restart the tally must show what was.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startChat, type RunningChat } from "../../examples/chat/start-chat.ts";
import { Crowd } from "../../examples/demo/crowd.ts";
import { lossesOf } from "../../examples/demo/report.ts";

let directory: string;
let db: string;
let chat: RunningChat;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "demo-crowd-"));
  db = join(directory, "chat.db");
  chat = await startChat({ db });
});

afterEach(async () => {
  await chat.close();
  await rm(directory, { recursive: true });
});

const url = () => `http://127.0.0.1:${chat.port}`;
const gather = () => Crowd.gather({ url: url(), room: "lobby", names: ["ada", "ben"], paceMs: 20 });

async function stats(): Promise<unknown> {
  const response = await fetch(`${url()}/api/stats`);
  return response.json();
}

async function untilStored(count: number): Promise<void> {
  await vi.waitFor(async () => {
    const response = await fetch(`${url()}/api/rooms/lobby/messages?after=${count - 1}&limit=1`);
    expect(await response.json()).toHaveLength(1);
  }, 10_000);
}

test("with nothing happening to the app, everything is answered, stored and heard exactly once", async () => {
  await fetch(`${url()}/api/rooms/lobby/messages`, {
    method: "POST",
    body: '{"author":"a","text":"before"}',
  });
  const crowd = await gather();
  await untilStored(20);
  const report = await crowd.settle();
  expect(lossesOf(report)).toEqual([]);
  expect(report.posts.sent).toBeGreaterThanOrEqual(19);
  expect(report.posts.storedOnce).toBe(report.posts.sent);
  expect(report.heard).toMatchObject({ listeners: 4, messages: report.posts.sent });
  expect(report.webSockets.closed).toBe(0);
  expect(await stats()).toMatchObject({ posts: report.posts.sent + 1, webSockets: 2, streams: 2 });
});

test("a bare restart shows: requests fail, WebSockets close and come back late, and yet nothing is heard twice", async () => {
  const crowd = await gather();
  await untilStored(6);
  const { port } = chat;
  await chat.close();
  await vi.waitFor(() => expect(crowd.failed).toBeGreaterThan(0), 10_000);
  chat = await startChat({ db, port, version: "2.0.0" });
  await vi.waitFor(async () => expect(await stats()).toMatchObject({ webSockets: 2, streams: 2 }), 10_000);
  const report = await crowd.settle();
  expect(report.requests.failed).toBeGreaterThan(0);
  expect(report.requests.sent).toBe(report.requests.answered + report.requests.failed);
  expect(report.webSockets).toMatchObject({ closed: 2, closes: new Map([[1001, 2]]) });
  expect(report.streamsEnded).toBe(2);
  expect(report.posts.doubled).toBe(0);
  expect(report.heard).toMatchObject({ missed: 0, doubled: 0 });
});
