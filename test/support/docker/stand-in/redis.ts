// ROLE=redis: a list of messages in memory. As with the real one, what it has not been told to save is in no file, it
// saves when it is asked to stop, and a file that was exchanged under it is overwritten then.

import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import type { Settings } from "./settings.ts";
import { readText } from "./store.ts";

/** One command for each connection: `RPUSH messages <JSON>`, `LRANGE messages 0 -1`, `SAVE`, `PING`. */
export function createRedis({ dumpFile }: Settings): Server {
  const messages = readText(dumpFile).split("\n").slice(0, -1);
  const save = (): void => {
    mkdirSync(dirname(dumpFile), { recursive: true });
    writeFileSync(dumpFile, messages.map((message) => `${message}\n`).join(""));
  };
  // Of a kill nothing is heard, and nothing is saved.
  process.on("exit", save);
  const answer = (line: string): string => {
    const [, command = "", rest = ""] = /^(\w+) ?(.*)$/s.exec(line) ?? [];
    switch (command.toUpperCase()) {
      case "RPUSH":
        return String(messages.push(rest.replace(/^messages /, "")));
      case "LRANGE":
        return messages.join("\n");
      case "SAVE":
        save();
        return "OK";
      case "PING":
        return "PONG";
      default:
        return `(error) ERR unknown command '${command}'`;
    }
  };
  return createServer({ allowHalfOpen: true }, (socket) => {
    let line = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (line += chunk));
    socket.on("end", () => socket.end(answer(line))).on("error", () => {});
  });
}

/** @param address host:port. Rejected when it does not answer. */
export function askRedis(address: string, command: string): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  socket.end(command);
  return text(socket);
}
