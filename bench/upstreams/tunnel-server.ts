// Program: WebSocket echo on bare sockets, because it shares its core with the load. Argument: port.
// It answers a plain request with 200, so that health checks are content, and tells over its channel of its handshakes.

import { createServer, type Socket } from "node:net";
import { acceptKey } from "../load/accept-key.ts";
import { monotonicMs } from "../process/monotonic-ms.ts";
import type { HandshakeTimes } from "./tunnel-upstream.ts";

const HEAD_END = "\r\n\r\n";
const CLOSE = 8;

/** Those that nobody has been told of. */
let handshakesAtMs: number[] = [];
/** At so many somebody wants to be told. */
let awaitedHandshakes = Infinity;

process.on("message", (count: number) => {
  awaitedHandshakes = count;
  tellWhenAwaited();
});

createServer((socket) => {
  socket.setNoDelay(true).on("error", () => undefined);
  answerHeads(socket);
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });

function answerHeads(socket: Socket): void {
  let text = "";
  socket.on("data", function onHead(chunk: Buffer) {
    text += chunk.toString("latin1");
    for (let end = text.indexOf(HEAD_END); end >= 0; end = text.indexOf(HEAD_END)) {
      const key = /^sec-websocket-key: *(.+?) *$/im.exec(text.slice(0, end))?.[1];
      const rest = text.slice(end + HEAD_END.length);
      if (key !== undefined) {
        socket.off("data", onHead);
        openTunnel(socket, key, Buffer.from(rest, "latin1"));
        return;
      }
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup");
      text = rest;
    }
  });
}

function openTunnel(socket: Socket, key: string, rest: Buffer): void {
  const accept = `Sec-WebSocket-Accept: ${acceptKey(key)}`;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n\r\n`,
  );
  handshakesAtMs.push(monotonicMs());
  tellWhenAwaited();
  let left = echo(socket, rest);
  socket.on(
    "data",
    (chunk: Buffer) => (left = echo(socket, left.length > 0 ? Buffer.concat([left, chunk]) : chunk)),
  );
}

function tellWhenAwaited(): void {
  if (handshakesAtMs.length < awaitedHandshakes) return;
  const times: HandshakeTimes = handshakesAtMs;
  process.send?.(times);
  handshakesAtMs = [];
  awaitedHandshakes = Infinity;
}

/** Sends back every whole frame in one write; returns what is left of an unfinished one. */
function echo(socket: Socket, input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(input.length);
  let read = 0;
  let written = 0;
  for (let length = frameLength(input, read); length > 0; length = frameLength(input, read)) {
    const frame = input.subarray(read, read + length);
    written += unmask(frame, output, written);
    read += length;
    if (((frame[0] ?? 0) & 15) === CLOSE) socket.end(output.subarray(0, written));
  }
  if (written > 0 && socket.writable) socket.write(output.subarray(0, written));
  return input.subarray(read);
}

/** Bytes of the masked frame that starts at `at`, or 0 when it is not whole yet. */
function frameLength(input: Buffer, at: number): number {
  const header = headerLength(input, at);
  if (input.length < at + header) return 0;
  const short = (input[at + 1] ?? 0) & 127;
  const payload =
    short < 126 ? short : short === 126 ? input.readUInt16BE(at + 2) : input.readUInt32BE(at + 6);
  return input.length < at + header + payload ? 0 : header + payload;
}

function headerLength(input: Buffer, at: number): number {
  const short = (input[at + 1] ?? 0) & 127;
  return 6 + (short < 126 ? 0 : short === 126 ? 2 : 8);
}

/** Writes the frame as a server sends it, which is four bytes shorter; returns its length. */
function unmask(frame: Buffer, output: Buffer, at: number): number {
  const header = headerLength(frame, 0);
  const mask = frame.subarray(header - 4, header);
  frame.copy(output, at, 0, header - 4);
  output[at + 1] = (frame[1] ?? 0) & 127;
  const payloadAt = at + header - 4;
  for (let index = header; index < frame.length; index++) {
    output[payloadAt + index - header] = (frame[index] ?? 0) ^ (mask[(index - header) & 3] ?? 0);
  }
  return frame.length - 4;
}
