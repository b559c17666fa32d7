import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { runCheck } from "../../../src/upgrade/checks/run-check.ts";
import type { WsCheck } from "../../../src/upgrade/plan/check.ts";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { contextFor, reasonOf, wsCheck } from "./check-context.ts";

interface App {
  url: string;
  server: WebSocketServer;
}

async function startApp(onSocket: (socket: WebSocket) => void, subprotocol?: string): Promise<App> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const handleProtocols = () => subprotocol ?? false;
  const server = new WebSocketServer({ server: http, path: "/ws", handleProtocols });
  server.on("connection", (socket) => onSocket(socket.on("error", () => {})));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
    http.close().closeAllConnections();
  });
  return { url: `http://127.0.0.1:${await listen(http)}`, server };
}

async function look(over: Partial<WsCheck>, app: App, secrets = {}): Promise<string> {
  return reasonOf(await runCheck(wsCheck(over), contextFor(app.url, secrets)));
}

function talking(socket: WebSocket): void {
  socket.on("message", (data: Buffer) => socket.send(`heard ${data.toString()}`));
}

describe("a ws check", () => {
  test("is good when the WebSocket opens, and leaves nothing open", async () => {
    const app = await startApp(() => {});
    expect(await look({}, app)).toBe("good");
    await eventually(() => expect(app.server.clients.size).toBe(0));
  });

  test("says what the plan says, and hears what must come in its order", async () => {
    const app = await startApp(talking);
    expect(await look({ say: ["one", "two"], expect: ["one", "two"] }, app)).toBe("good");
  });

  test("gives a secret to the app and not to its own message", async () => {
    const app = await startApp((socket) => {
      socket.on("message", (data: Buffer) => {
        socket.send(`no such user ${data.toString()}`);
        socket.close(4001, "go");
      });
    });
    const check = { say: ["${secrets.jwt}"], expect: ["authenticated"] };
    const reason = await look(check, app, { jwt: "s3cret" });
    expect(reason).toContain('was closed with 4001 go; the last that came is "no such user ***"');
    expect(reason).not.toContain("s3cret");
  });

  test("answers pings, joins fragments, and reads long messages", async () => {
    const app = await startApp((socket) => {
      socket.ping();
      socket.on("pong", () => {
        socket.send("au", { fin: false });
        socket.send("thenticated", { fin: true });
        socket.send(`${"x".repeat(70_000)}end`);
      });
    });
    expect(await look({ expect: ["authenticated", "end"] }, app)).toBe("good");
  });

  test("names the text that has not come by its deadline", async () => {
    const heard = Promise.withResolvers<void>();
    const app = await startApp((socket) => {
      socket.send("hello");
      // Whoever answers this has read the greeting before it.
      socket.on("pong", () => heard.resolve()).ping();
    });
    const context = contextFor(app.url);
    const looking = runCheck(wsCheck({ expect: ["hello", "ready"] }), context);
    await heard.promise;
    context.world.clock.advance(5000);
    expect(reasonOf(await looking)).toMatch(
      /did not answer within 5s with "ready"; the last that came is "hello"$/,
    );
  });
});

describe("a ws check is bad", () => {
  test("when the handshake is refused, and says how", async () => {
    const app = await startApp(() => {});
    expect(await look({ url: "/other" }, app)).toContain(
      "the handshake was answered with 400 instead of 101",
    );
  });

  test("when the subprotocol is another than the one it has asked for", async () => {
    const other = await startApp(() => {}, "v1.chat");
    expect(await look({ subprotocol: "v1.chat" }, other)).toBe("good");
    expect(await look({ subprotocol: "v2.chat" }, other)).toContain(
      "the subprotocol is v1.chat instead of v2.chat",
    );
  });

  test("when more than 1 MiB has come", async () => {
    const app = await startApp((socket) => socket.send("x".repeat(2 ** 20)));
    expect(await look({ expect: ["end"] }, app)).toContain("sent more than 1048576 bytes");
  });
});
