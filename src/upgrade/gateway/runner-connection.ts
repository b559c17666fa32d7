// A runner's ear: holds a connection to the gateway on which orders come, for ever. A gateway that is away is tried
// again; orders that nobody has taken meanwhile are told again when the connection stands.

import type { RunnerOrder } from "../../admin/api-types.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import { isObject } from "../../client/answer-guards.ts";
import { ProblemError } from "../../client/problem-error.ts";
import { readServerSentEvents } from "../../client/read-server-sent-events.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { sleep } from "../../lib/sleep.ts";

export interface RunnerConnectionOptions {
  client: Pick<AdminClient, "open">;
  clock: Clock;
  /** `plans`, or `run:<id>` for the one that is carried out. */
  accepts: string;
  onOrder: (order: RunnerOrder) => void;
  onConnected?: () => void;
  /** Why, and only for the first failure in a row: nobody wants to read it every two seconds. */
  onLost?: (reason: string) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** The gateway says something every 15 s. */
const SILENT_AFTER_MS = 45_000;

/** Resolves when `signal` aborts. */
export async function listenForOrders(options: RunnerConnectionOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const reason = await listenOnce(options, signal, () => (failures = 0));
    if (signal.aborted) return;
    if (failures === 0) options.onLost?.(reason);
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures = Math.min(failures + 1, 10);
    await sleep(options.clock, pauseMs, signal).catch(() => {});
  }
}

/** Gives why it ended. */
async function listenOnce(
  options: RunnerConnectionOptions,
  signal: AbortSignal,
  connected: () => void,
): Promise<string> {
  const { client, clock, accepts, onConnected, onOrder } = options;
  const silence = new Silence(clock);
  const path = `/admin/runner?accepts=${encodeURIComponent(accepts)}`;
  const headers = { Accept: "text/event-stream" };
  const until = AbortSignal.any([signal, silence.signal]);
  try {
    const stream = await client.open({ method: "GET", path, headers, waits: true, signal: until });
    connected();
    onConnected?.();
    for await (const { data } of readServerSentEvents(silence.watch(stream))) {
      const order: unknown = JSON.parse(data);
      if (isRunnerOrder(order)) onOrder(order);
    }
    return "the gateway ended the connection";
  } catch (error) {
    if (silence.signal.aborted) return "the gateway fell silent";
    // A refusal and an address where nobody listens explain themselves; a stream that breaks says "aborted" only.
    const explained = error instanceof GatewayError || error instanceof ProblemError;
    return explained ? error.message : "the connection broke off";
  } finally {
    silence.end();
  }
}

/** Notices a gateway that vanished without closing its connection. */
class Silence {
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  async *watch(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of stream) {
      this.#timer.cancel();
      this.#timer = this.#start();
      yield bytes;
    }
  }

  end(): void {
    this.#timer.cancel();
  }

  #start(): Timer {
    return this.#clock.after(SILENT_AFTER_MS, () => this.#ended.abort());
  }
}

function isRunnerOrder(value: unknown): value is RunnerOrder {
  return isObject(value) && typeof value["order"] === "string" && typeof value["id"] === "string";
}
