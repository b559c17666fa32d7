// A SockJS app by its own server, and a client by its own client: SockJS does not reconnect by itself, so the client does
// what apps do, and opens a new session when the old one was closed.

import { createServer } from "node:http";
import SockJsClient from "sockjs-client";
import sockjs from "sockjs";
import { onTestFinished } from "vitest";
import { listen } from "./listen.ts";

export interface SockJsApp {
  name: string;
  url: string;
  /** Messages of each client that came here. */
  said: Map<string, Set<number>>;
  readonly sessions: number;
}

/** Closed when the test is over. */
export async function startSockJsApp(name: string): Promise<SockJsApp> {
  const said = new Map<string, Set<number>>();
  let sessions = 0;
  // Short streams, so that several come one after another in one test.
  const echo = sockjs.createServer({ log: () => {}, response_limit: 1024 });
  echo.on("connection", (connection) => {
    sessions++;
    connection.on("close", () => sessions--);
    connection.on("data", (message) => {
      const [client = "", number = ""] = message.split(" ");
      const heard = said.get(client) ?? new Set();
      said.set(client, heard.add(Number(number)));
      connection.write(`${number} ${name}`);
    });
  });
  const http = createServer((_, response) => response.end(name));
  echo.installHandlers(http, { prefix: "/echo" });
  const port = await listen(http);
  onTestFinished(() => http.close().closeAllConnections());
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    said,
    get sessions() {
      return sessions;
    },
  };
}

export interface SockJsTalker {
  name: string;
  acknowledged: Map<number, string>;
  /** Of each close: the code, and whether it counts as clean; many apps do not come back after such. */
  closes: { code: number; wasClean: boolean }[];
  readonly said: number;
  stop(): void;
}

const AGAIN_MS = 50;

/** Says one number after another, and after a close the last one again, if it was not acknowledged. */
export function startSockJsTalker(
  url: string,
  name: string,
  transport: string,
  pauseMs: number,
): SockJsTalker {
  const acknowledged = new Map<number, string>();
  const closes: SockJsTalker["closes"] = [];
  let socket: WebSocket;
  let said = 0;
  let isStopped = false;
  let isOver = false;
  const say = (): void => {
    if (acknowledged.has(said) || said === 0) {
      if (isStopped) return;
      said++;
    }
    socket.send(`${name} ${said}`);
  };
  const open = (): void => {
    if (isOver || (isStopped && acknowledged.has(said))) return;
    const mine = new SockJsClient(`${url}/echo`, null, { transports: transport });
    socket = mine;
    mine.addEventListener("open", say);
    mine.addEventListener("message", ({ data }) => {
      const [number, by = ""] = String(data).split(" ");
      acknowledged.set(Number(number), by);
      setTimeout(() => {
        if (socket === mine && mine.readyState === SockJsClient.OPEN) say();
      }, pauseMs);
    });
    mine.addEventListener("close", ({ code, wasClean }) => {
      closes.push({ code, wasClean });
      setTimeout(open, AGAIN_MS);
    });
  };
  open();
  onTestFinished(() => {
    isOver = true;
    socket.close();
  });
  return {
    name,
    acknowledged,
    closes,
    get said() {
      return said;
    },
    stop: () => {
      isStopped = true;
    },
  };
}
