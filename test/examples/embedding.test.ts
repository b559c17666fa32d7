// The examples of docs/embedding.md, each as a process of its own, driven as an operator does it. What else holds in front
// of their hosts is in test/middleware.

import { expect, test } from "vitest";
import { startEchoUpstream } from "../support/echo-upstream.ts";
import { eventually } from "../support/eventually.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startEmbeddingExample } from "../support/start-embedding-example.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each(["connect", "express", "hono"] as const)(
  "the example for %s carries requests and WebSockets, obeys the command line, and ends orderly",
  async (host) => {
    const [app, echo] = [await startScriptedUpstream(), await startEchoUpstream()];
    const live = `live: { paths: [/ws], upstreams: { blue: "${echo.url}" } }`;
    const yaml = `services: { ${live}, chat: { upstreams: { blue: "${app.url}" } } }\n`;
    const server = await startEmbeddingExample(host, await temporaryDirectory(), yaml);
    const holdgate = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await runInProcess(["--admin", server.adminSocket, ...args]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
    };

    const client = await openClient(server.port);
    client.ask("POST", "/send?room=1", { body: "x".repeat(200_000) });
    const posted = await app.arrivalOf("/send?room=1");
    expect(await posted.body()).toHaveLength(200_000);
    expect(posted.headers["x-forwarded-host"]).toBe("chat.example.com");
    posted.answer(201, "sent");
    expect(await client.answer()).toMatchObject({ status: 201, body: "sent" });
    const socket = await RawWebSocket.open(server.port);
    socket.say("hello");
    await eventually(() => expect(socket.messages).toEqual(["hello"]));
    socket.close(1000);
    await socket.closed;

    await holdgate("hold", "--service", "chat");
    const held = await askAlone(server.port, "GET", "/held");
    await app.kill();
    await app.listen();
    await holdgate("release", "--service", "chat");
    (await app.arrivalOf("/held")).answer();
    expect(await held.answer()).toMatchObject({ status: 200 });
    await holdgate("maintenance", "on", "--service", "chat");
    expect(await client.request("GET", "/")).toMatchObject({ status: 503 });
    if (host !== "connect") expect(await client.request("GET", "/imprint")).toMatchObject({ status: 200 });

    client.leave();
    held.leave();
    expect(await server.end("SIGTERM")).toBe(0);
    await echo.close();
  },
);
