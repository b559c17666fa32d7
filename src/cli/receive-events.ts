// One connection to the gateway's stream of events.

import type { EventMessage } from "../admin/api-types.ts";
import type { AdminClient } from "../client/admin-client.ts";
import { isEventMessage } from "../client/answer-guards.ts";
import { readServerSentEvents } from "../client/read-server-sent-events.ts";

export type Received =
  | { kind: "event"; id: string; event: EventMessage }
  /** Some of what came after the last event that was seen is no longer known. */
  | { kind: "missed" }
  /** The last of all: the stream did not end, it was cut. */
  | { kind: "broken"; reason: string };

/** An id older than any: asks for all that is kept. */
export const ALL_KEPT = "0";

/** Connects, throwing what a call throws; then gives what comes until the stream ends or `signal` aborts. */
export async function receiveEvents(
  client: AdminClient,
  lastEventId: string,
  signal: AbortSignal,
): Promise<AsyncGenerator<Received>> {
  const headers = { Accept: "text/event-stream", "Last-Event-ID": lastEventId };
  const path = "/admin/events";
  return receive(await client.open({ method: "GET", path, headers, waits: true, signal }), signal);
}

async function* receive(stream: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Received> {
  try {
    for await (const { id, event: name, data } of readServerSentEvents(stream)) {
      const event: unknown = JSON.parse(data);
      if (name === "missed") yield { kind: "missed" };
      else if (isEventMessage(event)) yield { kind: "event", id, event };
    }
  } catch (cause) {
    if (!signal.aborted) yield { kind: "broken", reason: String(cause) };
  }
}
