// The stand-in for the apps of the scenarios is what its settings say.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { once } from "node:events";
import { askEngine } from "../support/docker/call-engine.ts";
import type { ContainerOptions } from "../support/docker/container-body.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { standIn } from "../support/docker/stand-in-image.ts";
import { tokenOf } from "../support/docker/stand-in/secret-token.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("stand-in");
let first = "";
let second = "";

beforeAll(async () => {
  if (leftOut !== null) return;
  first = (await sandbox.image("app", standIn({ version: "1.0.0" }))).ref;
  second = (await sandbox.image("app", standIn({ version: "2.0.0", env: { SCHEMA_VERSION: "2" } }))).ref;
});
afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

/** Resolves with its address as soon as it listens. */
async function serve(part: string, options: ContainerOptions): Promise<string> {
  const id = await sandbox.run(part, options);
  const url = `http://${await sandbox.addressOf(id)}:8080`;
  await eventually(() => fetch(`${url}/version`));
  return url;
}

async function runToEnd(part: string, options: ContainerOptions): Promise<{ code: number; output: string }> {
  const id = await sandbox.run(part, options);
  const { StatusCode } = await askEngine<{ StatusCode: number }>("POST", `/containers/${id}/wait`);
  return { code: StatusCode, output: await sandbox.logs(id) };
}

async function healthOf(url: string, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

describe("health, in the shape of", () => {
  test("Chatalot: 200 whatever happens, and the body tells", async () => {
    const good = await serve("chatalot", { image: first });
    const ok = { status: "ok", db_healthy: true, version: "1.0.0" };
    expect(await healthOf(good, "/api/health")).toMatchObject({ status: 200, body: ok });
    const env = { HEALTH: "degraded", REPORT_VERSION: "1.9.9", DB_HOST: "127.0.0.1:9" };
    const bad = await serve("degraded", { image: first, env });
    const degraded = { status: "degraded", db_healthy: false, version: "1.9.9" };
    expect(await healthOf(bad, "/api/health")).toMatchObject({ status: 200, body: degraded });
  });

  test("makechat: 401 without the token", async () => {
    const url = await serve("makechat", { image: first, env: { HEALTH_SHAPE: "makechat", TOKEN: "t" } });
    expect((await healthOf(url, "/api/ping")).status).toBe(401);
    expect((await healthOf(url, "/api/ping", { "X-Auth-Token": "t" })).status).toBe(200);
  });

  test("makechat: a token is good for as long as the secret key that signed it", async () => {
    const files = { "/root/makechat.conf": "[DEFAULT]\nsecret_key = one\n" };
    const env = { HEALTH_SHAPE: "makechat", SECRET_FILE: "/root/makechat.conf" };
    const image = await sandbox.image("signed", standIn({ version: "1.0.0", env, files }));
    const url = await serve("signed", { image: image.ref });
    expect((await healthOf(url, "/version", { "X-Auth-Token": tokenOf("one") })).status).toBe(200);
    expect((await healthOf(url, "/version", { "X-Auth-Token": tokenOf("two") })).status).toBe(401);
  });

  test("Django: 400 for another Host", async () => {
    const env = { HEALTH_SHAPE: "django", ALLOWED_HOSTS: "api.example.com" };
    const id = await sandbox.run("django", { image: first, env });
    const ask = (host: string) =>
      sandbox.exec(id, "wget", "-qO-", "--header", `Host: ${host}`, "http://127.0.0.1:8080/_health/");
    await eventually(async () => expect((await ask("api.example.com")).exitCode).toBe(0));
    expect((await ask("other.example.com")).output).toContain("400 Bad Request");
  });

  test("CometChat: 503 when it is not well, and every second time when it flaps", async () => {
    const url = await serve("cometchat", {
      image: first,
      env: { HEALTH_SHAPE: "cometchat", HEALTH: "flap" },
    });
    expect((await healthOf(url, "/health-check")).status).toBe(200);
    expect((await healthOf(url, "/health-check")).status).toBe(503);
  });
});

test("messages outlive the container in their volume, exactly as they were posted", async () => {
  const volume = await sandbox.volume("messages");
  const url = await serve("writer", { image: first, binds: [`${volume}:/data`] });
  const message = { id: "a-1", text: "hello" };
  const posted = await fetch(`${url}/messages`, { method: "POST", body: JSON.stringify(message) });
  expect(posted.status).toBe(201);
  await askEngine("DELETE", `/containers/${sandbox.name("writer")}?force=1`);
  const again = await serve("reader", { image: first, binds: [`${volume}:/data`] });
  expect(await (await fetch(`${again}/messages`)).json()).toEqual([message]);
  expect(await sandbox.readVolume(volume, "messages.jsonl")).toBe(`${JSON.stringify(message)}\n`);
});

test("a migration happens once, and the old version does not start on the new schema", async () => {
  const volume = await sandbox.volume("schema");
  const binds = [`${volume}:/data`];
  const migrating = { image: second, binds, command: ["migrate", "--noinput"] };
  expect(await runToEnd("fails", { ...migrating, env: { MIGRATE_EXIT: "7" } })).toMatchObject({ code: 7 });
  expect(await runToEnd("migrates", migrating)).toMatchObject({ code: 0 });
  expect((await runToEnd("again", migrating)).output).toContain("No migrations to apply");
  expect((await sandbox.readVolume(volume, "migrations.jsonl"))?.trim().split("\n")).toHaveLength(1);
  expect(await runToEnd("old", { image: first, binds })).toMatchObject({ code: 3 });
  const down = { ...migrating, command: ["manage.py", "migrate", "1"] };
  expect(await runToEnd("down", down)).toMatchObject({ code: 0 });
  expect(await sandbox.readVolume(volume, "schema")).toBe("1");
});

test("a dump is verified, and brings back what there was", async () => {
  const volume = await sandbox.volume("dump");
  const binds = [`${volume}:/data`];
  await serve("db-web", { image: first, binds });
  const id = await sandbox.run("db", { image: first, binds, env: { ROLE: "db" } });
  const sh = (script: string) => sandbox.exec(id, "sh", "-c", script);
  await sh(`echo '{"id":"1","text":"kept"}' > /data/messages.jsonl; pg_dump -Fc chat > /data/whole`);
  expect(await sh("pg_restore -l < /data/whole")).toMatchObject({ exitCode: 0 });
  expect(await sh("head -c 60 /data/whole | pg_restore -l")).toMatchObject({ exitCode: 1 });
  expect(await sh("DUMP_EXIT=1 pg_dump chat > /data/half")).toMatchObject({ exitCode: 1 });
  await sh("echo 5 > /data/schema; rm /data/messages.jsonl; pg_restore --clean -d chat < /data/whole");
  expect((await sh("psql -c 'select max(version)'; psql -c 'select count(*)'")).output).toBe("1\n1\n");
  expect(await sh("mongodump --archive --gzip | mongorestore --archive --gzip --dryRun")).toMatchObject({
    exitCode: 0,
  });
  expect((await sh("redis-cli SAVE; test -s /data/dump.rdb && echo saved")).output).toBe("OK\nsaved\n");
});

test("what Redis has not been told to save is in no file, and its end saves it too", async () => {
  const volume = await sandbox.volume("redis");
  const env = { ROLE: "redis", PORT: "6379" };
  const redis = await sandbox.run("redis", { image: first, binds: [`${volume}:/data`], env });
  const address = `${await sandbox.addressOf(redis)}:6379`;
  await eventually(async () =>
    expect((await sandbox.exec(redis, "redis-cli", "PING")).output).toBe("PONG\n"),
  );
  const url = await serve("flask", { image: first, env: { REDIS: address } });
  const post = (id: string) => fetch(`${url}/messages`, { method: "POST", body: JSON.stringify({ id }) });
  await post("a");
  expect(await (await fetch(`${url}/messages`)).json()).toEqual([{ id: "a" }]);
  expect(await sandbox.readVolume(volume, "dump.rdb")).toBeUndefined();
  expect((await sandbox.exec(redis, "redis-cli", "SAVE")).output).toBe("OK\n");
  await post("b");
  expect(await sandbox.readVolume(volume, "dump.rdb")).toBe('{"id":"a"}\n');
  await askEngine("POST", `/containers/${redis}/stop`);
  expect(await sandbox.readVolume(volume, "dump.rdb")).toBe('{"id":"a"}\n{"id":"b"}\n');
});

test("a WebSocket must authenticate, and then hears itself with the version", async () => {
  const url = await serve("sockets", { image: first, env: { AUTH_MS: "200" } });
  const silent = new WebSocket(`${url}/ws`);
  const socket = new WebSocket(`${url}/ws`);
  await once(socket, "open");
  const hear = async (): Promise<unknown> => JSON.parse(String((await once(socket, "message"))[0]));
  socket.send(JSON.stringify({ type: "authenticate", token: "token" }));
  expect(await hear()).toEqual({ type: "authenticated", server_version: "1.0.0" });
  socket.send(JSON.stringify({ type: "say", text: "x".repeat(300) }));
  expect(await hear()).toMatchObject({ type: "say", text: "x".repeat(300), server_version: "1.0.0" });
  expect((await once(silent, "close"))[0]).toBe(1008);
  await askEngine("POST", `/containers/${sandbox.name("sockets")}/stop`);
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, "close");
});

test("a beat says when it begins and ends, and SIGTERM ends it at once", async () => {
  const volume = await sandbox.volume("beats");
  const beat = { image: first, binds: [`${volume}:/data`], env: { ROLE: "beat", BEAT_MS: "20" } };
  const id = await sandbox.run("beat", beat);
  await eventually(async () => expect(await sandbox.logs(id)).toContain("ready"));
  const began = performance.now();
  await askEngine("POST", `/containers/${id}/stop`);
  expect(performance.now() - began).toBeLessThan(5_000);
  const lines = (await sandbox.readVolume(volume, "beats.jsonl"))?.trim().split("\n") ?? [];
  const events = lines.map((line) => JSON.parse(line).event);
  expect([events.at(0), events.at(-1)]).toEqual(["start", "end"]);
  expect((await sandbox.inspect(id))?.State.ExitCode).toBe(0);
});

test("an edge looks its backend up at the start, or does not start", async () => {
  const { name: network } = await sandbox.network("edge");
  const edge = { image: first, networks: [{ network }], env: { ROLE: "proxy", BACKEND: "makechat:8080" } };
  expect((await runToEnd("alone", edge)).code).toBe(1);
  await serve("backend", { image: first, networks: [{ network, aliases: ["makechat"] }] });
  const url = await serve("front", edge);
  expect((await healthOf(url, "/api/health")).body).toMatchObject({ status: "ok" });
});

test("it exits as it is told", async () => {
  expect((await runToEnd("crash", { image: first, env: { CRASH: "9" } })).code).toBe(9);
  expect((await runToEnd("lacks", { image: first, env: { REQUIRED_FILES: "/root/app.conf" } })).code).toBe(4);
});
