// An event stream that is resumed with Last-Event-ID whenever it ends, as EventSource does.

import { reasonOf } from "./reason-of.ts";
import { pauseAfterFailure, type ListenerOptions } from "./listening-socket.ts";

/** Resolves when the signal has aborted and the stream is closed. */
export async function listenOnStream(options: ListenerOptions): Promise<void> {
  const { tally, signal } = options;
  let endedAtMs: number | undefined;
  for (let tries = 1; !signal.aborted; tries++) {
    const onOpen = () => {
      if (endedAtMs !== undefined) tally.pause(performance.now() - endedAtMs);
    };
    const opened = await streamOnce(options, onOpen);
    if (signal.aborted) return;
    if (opened) {
      tally.streamEnded();
      endedAtMs = performance.now();
      tries = 0;
    } else await pauseAfterFailure(tries, signal);
  }
}

/** Resolves at the end of the stream: true when it had been opened. */
async function streamOnce(options: ListenerOptions, onOpen: () => void): Promise<boolean> {
  const { url, room, tally, heard, signal } = options;
  const asked = tally.request("stream");
  let body: ReadableStream<Uint8Array>;
  try {
    const headers = { accept: "text/event-stream", "last-event-id": String(heard.lastId) };
    const response = await fetch(`${url}/api/rooms/${room}/events`, { headers, signal });
    if (response.status !== 200 || !response.body) throw new Error(`status ${response.status}`);
    body = response.body;
  } catch (error) {
    if (signal.aborted) asked.withdrawn();
    else asked.failed(reasonOf(error));
    return false;
  }
  asked.answered();
  onOpen();
  await readIds(body, (id) => heard.hear(id));
  return true;
}

async function readIds(body: ReadableStream<Uint8Array>, onId: (id: number) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      // An event counts when it is whole, with the empty line at its end.
      const whole = text.lastIndexOf("\n\n") + 1;
      for (const [, id] of text.slice(0, whole).matchAll(/^id: (\d+)$/gm)) onId(Number(id));
      text = text.slice(whole);
    }
  } catch {
    // Cut instead of ended: whoever listens resumes either way, and what is missing shows in the report.
  }
}
