import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ChatVersion } from "../../examples/chat/chat-options.ts";
import { startChat, type RunningChat } from "../../examples/chat/start-chat.ts";
import { ChatClient, readEvents, requestArrives } from "./chat-client.ts";

let directory: string;
let db: string;
let running: RunningChat[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "chat-test-"));
  db = join(directory, "chat.db");
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((chat) => chat.close()));
  await rm(directory, { recursive: true });
});

async function start(version: ChatVersion = "1.0.0"): Promise<RunningChat> {
  const chat = await startChat({ db, version });
  running.push(chat);
  return chat;
}

const urlOf = ({ port }: RunningChat, path: string) => `http://127.0.0.1:${port}${path}`;

async function get(chat: RunningChat, path: string): Promise<unknown> {
  const response = await fetch(urlOf(chat, path));
  expect(response.status).toBe(200);
  return response.json();
}

function post(chat: RunningChat, text: string, key?: string, room = "lobby"): Promise<Response> {
  return fetch(urlOf(chat, `/api/rooms/${room}/messages`), {
    method: "POST",
    body: JSON.stringify({ author: "ada", text, key }),
  });
}

describe("messages", () => {
  test("a posted message is answered with 201 and its id, and listed from then on", async () => {
    const chat = await start();
    const response = await post(chat, "hello", "k1");
    expect(response.status).toBe(201);
    const message = await response.json();
    expect(message).toMatchObject({ id: 1, room: "lobby", author: "ada", text: "hello", key: "k1" });
    expect(await get(chat, "/api/rooms/lobby/messages")).toEqual([message]);
  });

  test("a message posted twice with one key is stored twice, so that doubling can be seen", async () => {
    const chat = await start();
    await post(chat, "hello", "k1");
    await post(chat, "hello", "k1");
    expect(await get(chat, "/api/rooms/lobby/messages")).toHaveLength(2);
    expect(await get(chat, "/api/stats")).toMatchObject({ posts: 2, messages: 2 });
  });

  test("a list starts after the given id, ends at the limit, or holds the newest", async () => {
    const chat = await start();
    for (const text of ["one", "two", "three", "four"]) await post(chat, text);
    const texts = async (query: string) => {
      const messages = await get(chat, `/api/rooms/lobby/messages?${query}`);
      return Array.isArray(messages) ? messages.map(({ text }) => text) : messages;
    };
    expect(await texts("after=1&limit=2")).toEqual(["two", "three"]);
    expect(await texts("last=2")).toEqual(["three", "four"]);
  });

  test("rooms keep their messages apart and are listed with topic, count and last id", async () => {
    const chat = await start();
    await post(chat, "here", undefined, "garden");
    const topic = await fetch(urlOf(chat, "/api/rooms/garden/topic"), {
      method: "PUT",
      body: '{"topic":"roses"}',
    });
    expect(await topic.json()).toEqual({ room: "garden", topic: "roses" });
    expect(await get(chat, "/api/rooms")).toEqual([
      { name: "garden", topic: "roses", messages: 1, lastId: 1 },
      { name: "lobby", topic: "", messages: 0, lastId: 0 },
    ]);
  });

  test("messages outlive the process that stored them", async () => {
    const first = await start();
    await post(first, "kept");
    await first.close();
    const second = await start("2.0.0");
    expect(await get(second, "/api/rooms/lobby/messages")).toMatchObject([{ text: "kept" }]);
  });
});

describe("bad requests", () => {
  test.each([
    ["not JSON", "{", 400, "the body is not JSON"],
    ["not an object", "[]", 400, "a JSON object is expected"],
    ["no author", '{"text":"x"}', 400, '"author" must be a text of 1 to 40 characters'],
    ["a blank text", '{"author":"a","text":" "}', 400, '"text" must be a text of 1 to 4000 characters'],
    [
      "a numeric key",
      '{"author":"a","text":"x","key":1}',
      400,
      '"key" must be a text of 1 to 200 characters',
    ],
    ["17 KiB", "x".repeat(17 * 1024), 413, "the body is larger than 16384 bytes"],
  ])("a POST with %s is refused with a reason and stores nothing", async (_, body, status, error) => {
    const chat = await start();
    const response = await fetch(urlOf(chat, "/api/rooms/lobby/messages"), { method: "POST", body });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error });
    expect(await get(chat, "/api/stats")).toMatchObject({ posts: 0, messages: 0 });
  });

  test.each([
    ["GET", "/nowhere", 404],
    ["DELETE", "/api/rooms", 405],
    ["GET", "/api/rooms/No%20Room/messages", 400],
    ["GET", "/api/rooms/lobby/messages?after=x", 400],
  ])("%s %s is answered with %i", async (method, path, status) => {
    const chat = await start();
    const response = await fetch(urlOf(chat, path), { method });
    expect(response.status).toBe(status);
    expect(response.headers.get("allow")).toBe(status === 405 ? "GET, HEAD" : null);
  });
});

describe("long poll", () => {
  test("it answers at once when there is something after the id", async () => {
    const chat = await start();
    await post(chat, "waiting");
    expect(await get(chat, "/api/rooms/lobby/poll?after=0")).toMatchObject([{ text: "waiting" }]);
  });

  test("it answers when a message comes", async () => {
    const chat = await start();
    const poll = get(chat, "/api/rooms/lobby/poll?after=0");
    await post(chat, "news");
    expect(await poll).toMatchObject([{ text: "news" }]);
  });

  test("it answers with an empty list at its timeout", async () => {
    const chat = await start();
    expect(await get(chat, "/api/rooms/lobby/poll?after=0&timeout=20")).toEqual([]);
  });
});

describe("event stream", () => {
  test("it resumes after Last-Event-ID and goes on with what comes", async () => {
    const chat = await start();
    for (const text of ["one", "two"]) await post(chat, text);
    const response = await fetch(urlOf(chat, "/api/rooms/lobby/events"), {
      headers: { "last-event-id": "1" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = readEvents(response, 2);
    await post(chat, "three");
    expect(await events).toMatchObject([
      { id: "2", data: { text: "two" } },
      { id: "3", data: { text: "three" } },
    ]);
  });
});

describe("WebSocket", () => {
  test("it says hello with the version, then passes on what anybody says in the room", async () => {
    const chat = await start("2.0.0");
    const [ada, ben] = [await ChatClient.open(chat.port), await ChatClient.open(chat.port)];
    expect(await ada.next()).toEqual({ type: "hello", version: "2.0.0", room: "lobby" });
    expect(await ben.next()).toMatchObject({ type: "hello" });
    ada.say({ type: "say", author: "ada", text: "hi", key: "k1" });
    const message = { type: "message", id: 1, room: "lobby", author: "ada", text: "hi", key: "k1" };
    expect(await ben.next()).toMatchObject(message);
    expect(await ada.next()).toMatchObject(message);
    expect(await get(chat, "/api/stats")).toMatchObject({ says: 1, webSockets: 2 });
  });

  test("with after=ID it starts with what was missed", async () => {
    const chat = await start();
    for (const text of ["one", "two", "three"]) await post(chat, text);
    const client = await ChatClient.open(chat.port, "room=lobby&after=1");
    expect(await client.next()).toMatchObject({ type: "hello" });
    expect(await client.next()).toMatchObject({ type: "message", text: "two" });
    expect(await client.next()).toMatchObject({ type: "message", text: "three" });
  });

  test("what it cannot understand is answered with an error, and the socket stays open", async () => {
    const chat = await start();
    const client = await ChatClient.open(chat.port);
    await client.next();
    client.say("{");
    client.say({ type: "shout" });
    client.say({ type: "say", author: "ada" });
    expect(await client.next()).toEqual({ type: "error", message: "the message is not JSON" });
    expect(await client.next()).toMatchObject({ type: "error" });
    expect(await client.next()).toMatchObject({ type: "error" });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test.each([
    ["/elsewhere", 404],
    ["/ws?room=No+Room", 400],
  ])("a handshake at %s is refused with %i", async (path, status) => {
    const chat = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${chat.port}${path}`);
    const [error] = await once(socket, "error");
    expect(String(error)).toContain(String(status));
  });
});

describe("two versions on one file", () => {
  test("what one stores reaches the listeners of the other, once and in order", async () => {
    const [one, two] = [await start("1.0.0"), await start("2.0.0")];
    const client = await ChatClient.open(one.port, "room=lobby&after=0");
    await client.next();
    for (let count = 1; count <= 10; count++) await post(count % 2 ? two : one, `message ${count}`);
    for (let id = 1; id <= 10; id++) expect(await client.next()).toMatchObject({ id, text: `message ${id}` });
  });
});

describe("shutdown", () => {
  test("WebSockets get 1001, event streams end, long polls are answered", async () => {
    const chat = await start();
    const client = await ChatClient.open(chat.port);
    await client.next();
    const stream = await fetch(urlOf(chat, "/api/rooms/lobby/events"));
    const arrived = requestArrives("/api/rooms/lobby/poll");
    const poll = get(chat, "/api/rooms/lobby/poll");
    await arrived;
    const code = client.closeCode();
    await Promise.all([chat.close(), chat.close()]);
    expect(await code).toBe(1001);
    expect(await readEvents(stream, 1)).toEqual([]);
    expect(await poll).toEqual([]);
  });

  test("a busy port is refused with the address in the message", async () => {
    const { port } = await start();
    await expect(startChat({ db, port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: choose another --port`,
    );
  });
});

describe("page", () => {
  test("it names its version and carries its style and script inside", async () => {
    const chat = await start("2.0.0");
    const response = await fetch(urlOf(chat, "/"));
    const html = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(html).toContain('<html lang="en" data-version="2.0.0" data-major="2">');
    expect(html).not.toMatch(/\{\{|src="|rel="stylesheet"/);
  });

  test("health tells the version", async () => {
    expect(await get(await start("2.0.0"), "/api/health")).toEqual({ status: "ok", version: "2.0.0" });
  });
});
