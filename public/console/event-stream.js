// Server-sent events by fetch, because EventSource can send no token. It comes back by itself, after the last event that
// it has seen, and says so while it is away.

//   start ─▶ connecting ─200─▶ live ─end, silence─▶ waiting ─after a while─▶ connecting

/** The gateway says something each 15 s. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const LARGEST_MESSAGE_CHARS = 1_000_000;

export class EventStream {
  #api;
  #handlers;
  /** 0: all that the gateway has kept. */
  #lastId = "0";
  #running = null;

  /** `onEvent(event)`, `onMissed()`, `onState("connecting" | "live" | "waiting")` */
  constructor(api, handlers) {
    this.#api = api;
    this.#handlers = handlers;
  }

  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  async #run(signal) {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const wasLive = await this.#listen(signal);
      if (signal.aborted) return;
      retryMs = wasLive ? FIRST_RETRY_MS : Math.min(retryMs * 2, LONGEST_RETRY_MS);
      this.#handlers.onState("waiting");
      await pause(retryMs, signal);
    }
  }

  /** Resolves when the stream has ended, whatever ended it; true when there was one. */
  async #listen(signal) {
    this.#handlers.onState("connecting");
    const silence = new AbortController();
    const ended = AbortSignal.any([signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    let isLive = false;
    try {
      const headers = { Accept: "text/event-stream", "Last-Event-ID": this.#lastId };
      const response = await this.#api.send("admin/events", { headers, signal: ended });
      isLive = true;
      this.#handlers.onState("live");
      for await (const message of messages(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        this.#take(message);
      }
    } catch {
      // Said by onState: there is nothing else to do about it than to come back.
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
    return isLive;
  }

  #take({ type, id, data }) {
    const isFirst = this.#lastId === "0";
    if (id) this.#lastId = id;
    if (type === "missed") {
      // What came before this page was opened is not missed by anybody.
      if (!isFirst) this.#handlers.onMissed();
      return;
    }
    if (data === "") return;
    try {
      this.#handlers.onEvent(JSON.parse(data));
    } catch {
      // A message that is no event of ours is not shown.
    }
  }
}

/** A message may be a comment only: then all of it is empty. */
async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (text + value).split("\n\n");
      text = parts.pop();
      if (text.length > LARGEST_MESSAGE_CHARS) return;
      for (const part of parts) yield parse(part);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(part) {
  const message = { type: "message", id: "", data: "" };
  for (const line of part.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "event") message.type = value;
    if (field === "id") message.id = value;
    if (field === "data") message.data += value;
  }
  return message;
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
