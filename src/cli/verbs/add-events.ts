import type { IncomingMessage } from "node:http";
import type { Command } from "commander";
import type { EventMessage } from "../../admin/api-types.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminClient } from "../admin-client.ts";
import { isEventMessage } from "../answer-guards.ts";
import type { Invocation } from "../invocation.ts";
import { readServerSentEvents } from "../read-server-sent-events.ts";
import { renderEvent } from "../render-event.ts";
import { examples } from "../verb-options.ts";

interface EventsOptions {
  follow?: true;
}

// The gateway sends what it has kept in one go and then waits for news, without a word between them: what
// was kept has ended when the stream falls silent. On a busy gateway it never does, hence the second bound.
const SILENCE_MS = 300;
const LONGEST_BACKLOG_MS = 3000;

export function addEvents(program: Command, invocation: Invocation): void {
  program
    .command("events")
    .summary("show what happened, and what happens")
    .description("Shows the events that the gateway has kept.")
    .option("-f, --follow", "go on with each new event as it comes")
    .addHelpText("after", examples("holdgate events --follow", "holdgate events --json | jq .type"))
    .action(async (options: EventsOptions) => {
      const client = await invocation.connect();
      if (options.follow) await follow(client, invocation);
      else await showKept(client, invocation);
    });
}

async function follow(client: AdminClient, invocation: Invocation): Promise<void> {
  const { signal } = new AbortController();
  for await (const event of receive(await open(client, signal), signal)) show(event, invocation);
  throw new GatewayError(
    "admin_unreachable",
    "the gateway ended the event stream: it has stopped or restarts",
  );
}

async function showKept(client: AdminClient, invocation: Invocation): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const stream = await open(client, ended.signal);
  const bound = invocation.clock.after(LONGEST_BACKLOG_MS, end);
  let silence = invocation.clock.after(SILENCE_MS, end);
  for await (const event of receive(stream, ended.signal)) {
    silence.cancel();
    silence = invocation.clock.after(SILENCE_MS, end);
    show(event, invocation);
  }
  for (const timer of [bound, silence]) timer.cancel();
}

function open(client: AdminClient, signal: AbortSignal): Promise<IncomingMessage> {
  // An id that is older than all that is kept asks for all of it.
  const headers = { Accept: "text/event-stream", "Last-Event-ID": "0" };
  return client.open({ method: "GET", path: "/admin/events", headers, waits: true, signal });
}

/** Ends quietly when the signal aborts. */
async function* receive(stream: IncomingMessage, signal: AbortSignal): AsyncGenerator<EventMessage> {
  try {
    for await (const { data } of readServerSentEvents(stream)) {
      const event: unknown = JSON.parse(data);
      if (isEventMessage(event)) yield event;
    }
  } catch (cause) {
    if (signal.aborted) return;
    throw new GatewayError("admin_unreachable", `the event stream broke off: ${String(cause)}`, { cause });
  }
}

function show(event: EventMessage, invocation: Invocation): void {
  invocation.report(event, renderEvent(event));
}
