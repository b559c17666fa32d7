// Keeps a number of messages under way on each of many tunnels, and times every echo.

import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { clientFrame, serverFrame } from "./client-frame.ts";

export interface EchoLoadOptions {
  tunnels: readonly Socket[];
  messageBytes: number;
  /** Messages under way on each tunnel at any time. */
  inFlight: number;
  seconds: number;
}

export interface EchoLoadResult {
  messages: number;
  messagesPerSecond: number;
  /** Of every single echo, unsorted. */
  latenciesMs: number[];
}

export async function runEchoLoad(options: EchoLoadOptions): Promise<EchoLoadResult> {
  const talkers = options.tunnels.map((tunnel) => new Talker(tunnel, options));
  const startedAt = performance.now();
  for (const talker of talkers) talker.start();
  await sleep(options.seconds * 1000);
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const latenciesMs = talkers.flatMap((talker) => talker.latenciesMs);
  await Promise.all(talkers.map((talker) => talker.finish()));
  const messages = latenciesMs.length;
  return { messages, messagesPerSecond: messages / elapsedSeconds, latenciesMs };
}

const ECHO_TIMEOUT_MS = 5_000;

class Talker {
  readonly latenciesMs: number[] = [];
  readonly #tunnel: Socket;
  /** As many frames as may be under way, one behind the other, so that several go out in one write. */
  readonly #frames: Buffer;
  readonly #frameBytes: number;
  readonly #echo: Buffer;
  readonly #inFlight: number;
  readonly #sentAtMs: number[] = [];
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #finished = Promise.withResolvers<void>();
  #partialBytes = 0;
  #talking = true;

  constructor(tunnel: Socket, { messageBytes, inFlight }: EchoLoadOptions) {
    const payload = Buffer.alloc(messageBytes, "m");
    const frame = clientFrame(payload);
    this.#tunnel = tunnel;
    this.#inFlight = inFlight;
    this.#frameBytes = frame.length;
    this.#frames = Buffer.concat(Array.from({ length: inFlight }, () => frame));
    this.#echo = serverFrame(payload);
  }

  start(): void {
    this.#tunnel.on("data", this.#onData);
    this.#send(this.#inFlight);
  }

  /** Says nothing new and waits for the echoes that are still out. */
  async finish(): Promise<void> {
    this.#talking = false;
    if (this.#tunnel.destroyed) throw new Error("a tunnel was closed under load");
    const lost = (): void => this.#finished.reject(new Error("a tunnel was closed under load"));
    this.#tunnel.once("close", lost).setTimeout(ECHO_TIMEOUT_MS, () => this.#tunnel.destroy());
    await this.#finished.promise;
    this.#tunnel.setTimeout(0).off("close", lost).off("data", this.#onData);
  }

  #send(messages: number): void {
    const now = performance.now();
    for (let count = 0; count < messages; count++) this.#sentAtMs.push(now);
    this.#tunnel.write(this.#frames.subarray(0, messages * this.#frameBytes));
  }

  /** All echoes have one length, so counting bytes is enough to know how many came. */
  #receive(chunk: Buffer): void {
    const bytes = this.#partialBytes + chunk.length;
    const echoes = Math.floor(bytes / this.#echo.length);
    if (this.#partialBytes === 0 && chunk[0] !== this.#echo[0]) this.#tunnel.destroy();
    this.#partialBytes = bytes % this.#echo.length;
    const now = performance.now();
    for (let count = 0; count < echoes; count++) this.latenciesMs.push(now - (this.#sentAtMs.shift() ?? now));
    if (this.#talking && echoes > 0) this.#send(echoes);
    if (!this.#talking && this.#sentAtMs.length === 0) this.#finished.resolve();
  }
}
