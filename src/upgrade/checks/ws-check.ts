// Opens a WebSocket, says what the plan says, and waits for what must come, in that order.

import type { WsCheck } from "../plan/check.ts";
import { attempt } from "./attempt.ts";
import type { CheckContext } from "./check-context.ts";
import { allGood, bad, type CheckResult, GOOD } from "./check-result.ts";
import { connectionFailure } from "./connection-failure.ts";
import { excerpt, type Redact } from "./excerpt.ts";
import type { Origin } from "./find-origins.ts";
import { addressees, revealHeaders } from "./http-check.ts";
import { type OpenWebSocket, openWebSocket } from "./open-websocket.ts";
import { closeFrame, FrameReader, pongFrame, type Received, textFrame } from "./websocket-frames.ts";

const LIMIT_BYTES = 1024 * 1024;

export async function checkWs(check: WsCheck, context: CheckContext): Promise<CheckResult> {
  const asked = await addressees(check, context);
  return asked.ok ? allGood(asked.value, (origin) => askOne(check, origin, context)) : asked;
}

async function askOne(check: WsCheck, origin: Origin, context: CheckContext): Promise<CheckResult> {
  const path = check.url.startsWith("/") ? check.url : null;
  const what = `WebSocket ${path === null ? check.url : `${path} of ${origin.label}`}`;
  const headers = revealHeaders(check, origin, context);
  const { clock, signal, reveal, redact } = context.world;
  const talk = new Talk(check.expect.map(reveal), redact);
  const result = await attempt(
    { clock, signal, timeoutMs: check.timeoutMs },
    async (signal) => {
      const request = { url: origin.url, path, headers, subprotocol: check.subprotocol };
      const opened = await openWebSocket(request, signal);
      return opened.ok ? talk.converse(opened.value, check.say.map(reveal), signal) : opened;
    },
    (error) => withProgress(connectionFailure(what, error), talk, check),
  );
  return result.ok || result.reason.startsWith(what) ? result : bad(`${what}: ${result.reason}`);
}

/** A deadline means more with what was waited for. */
function withProgress(failure: string, talk: Talk, { expect }: WsCheck): string {
  const missing = expect[talk.met];
  if (!talk.isOpen || missing === undefined) return failure;
  return `${failure} with ${JSON.stringify(missing)}${talk.lastWords}`;
}

class Talk {
  isOpen = false;
  /** How many of the expected texts have come. */
  met = 0;
  readonly #expected: readonly string[];
  readonly #reader = new FrameReader(LIMIT_BYTES);
  readonly #redact: Redact;
  #last: string | null = null;

  constructor(expected: readonly string[], redact: Redact) {
    this.#redact = redact;
    this.#expected = expected;
  }

  get lastWords(): string {
    return this.#last === null
      ? "; nothing has come"
      : `; the last that came is ${excerpt(this.#last, this.#redact)}`;
  }

  /** Good as soon as all that is expected has come. */
  async converse({ socket, head }: OpenWebSocket, say: string[], signal: AbortSignal): Promise<CheckResult> {
    this.isOpen = true;
    const stop = () => void socket.destroy(new Error("the check is over"));
    signal.addEventListener("abort", stop);
    socket.on("error", () => {});
    try {
      for (const text of say) socket.write(textFrame(text));
      if (head.length > 0) socket.unshift(head);
      const result = this.met === this.#expected.length ? GOOD : await this.#listen(socket);
      socket.end(closeFrame(), () => socket.destroy());
      return result;
    } finally {
      signal.removeEventListener("abort", stop);
      if (!socket.writableEnded) socket.destroy();
    }
  }

  async #listen(socket: OpenWebSocket["socket"]): Promise<CheckResult> {
    const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      for (const received of this.#reader.read(chunk)) {
        const result = this.#take(received, socket);
        if (result) return result;
      }
    }
    return bad(`was closed without a word${this.lastWords}`);
  }

  #take(received: Received, socket: OpenWebSocket["socket"]): CheckResult | undefined {
    switch (received.kind) {
      case "ping":
        socket.write(pongFrame(received.payload));
        return undefined;
      case "close":
        return bad(`was closed with ${received.code} ${received.reason}`.trimEnd() + this.lastWords);
      case "message":
        this.#last = received.text;
        return this.#meet(received.text) ? GOOD : undefined;
    }
  }

  /** Whether all has come; one message may bring several of the expected texts, in order. */
  #meet(text: string): boolean {
    let from = 0;
    for (let next = this.#expected[this.met]; next !== undefined; next = this.#expected[this.met]) {
      const at = text.indexOf(next, from);
      if (at === -1) return false;
      from = at + next.length;
      this.met += 1;
    }
    return true;
  }
}
