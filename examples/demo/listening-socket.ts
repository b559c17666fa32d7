// A WebSocket that comes back by itself, as a chat client's does: at once after a close, then after
// growing pauses when a try has failed.

import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Heard } from "./heard.ts";
import type { Tally } from "./tally.ts";

const RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export interface ListenerOptions {
  /** Where the app is, as `http://host:port`. */
  url: string;
  room: string;
  tally: Tally;
  heard: Heard;
  /** Ends the listening. */
  signal: AbortSignal;
}

/** Resolves when the signal has aborted and the WebSocket is closed. */
export async function listenOnSocket(options: ListenerOptions): Promise<void> {
  const { tally, signal } = options;
  let lostAtMs: number | undefined;
  for (let tries = 1; !signal.aborted; tries++) {
    const onHello = () => {
      if (lostAtMs === undefined) return;
      tally.webSocketBack(tries);
      tally.pause(performance.now() - lostAtMs);
    };
    const code = await connectOnce(options, onHello);
    if (signal.aborted) return;
    if (code === undefined) {
      await pauseAfterFailure(tries, signal);
      continue;
    }
    tally.webSocketClosed(code);
    lostAtMs = performance.now();
    tries = 0;
  }
}

/** Resolves with the close code, or undefined when the handshake failed. */
function connectOnce(options: ListenerOptions, onHello: () => void): Promise<number | undefined> {
  const { url, room, tally, heard, signal } = options;
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const handshake = tally.request("handshake");
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws?room=${room}&after=${heard.lastId}`);
  let opened = false;
  const hangUp = () => (opened ? socket.close(1000) : socket.terminate());
  signal.addEventListener("abort", hangUp);
  socket.on("open", () => {
    opened = true;
    handshake.answered();
    if (signal.aborted) hangUp();
  });
  socket.on("error", (error) => {
    if (opened) return;
    if (signal.aborted) handshake.withdrawn();
    else handshake.failed(error.message);
  });
  socket.on("message", (data) => {
    const event: unknown = JSON.parse(Buffer.isBuffer(data) ? data.toString("utf8") : "null");
    if (!(event instanceof Object && "type" in event)) return;
    if (event.type === "hello") onHello();
    if (event.type === "message" && "id" in event) heard.hear(Number(event.id));
  });
  socket.on("close", (code) => {
    signal.removeEventListener("abort", hangUp);
    resolve(opened ? code : undefined);
  });
  return promise;
}

export async function pauseAfterFailure(tries: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS);
  await delay(pauseMs, undefined, { signal }).catch(() => {}); // An abort ends the pause, nothing more.
}
