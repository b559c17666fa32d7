import type { Command } from "commander";
import type { EventMessage } from "../../admin/api-types.ts";
import type { AdminClient } from "../../client/admin-client.ts";
import type { Invocation } from "../invocation.ts";
import { pause } from "../pause.ts";
import { ALL_KEPT, receiveEvents } from "../receive-events.ts";
import { renderEvent } from "../render-event.ts";
import { examples } from "../verb-options.ts";

interface EventsOptions {
  follow?: true;
}

// The gateway sends what it has kept in one go and then waits for news, without a word between them: what
// was kept has ended when the stream falls silent. On a busy gateway it never does, hence the second bound.
const SILENCE_MS = 300;
const LONGEST_BACKLOG_MS = 3000;
// The gateway drops a listener that reads too slowly, and all of them when it restarts.
const COME_BACK_AFTER_MS = 1000;

export function addEvents(program: Command, invocation: Invocation): void {
  program
    .command("events")
    .summary("show what happened, and what happens")
    .description("Shows the events that the gateway has kept, the newest last.")
    .option("-f, --follow", "go on with each new event as it comes, until the gateway is gone")
    .addHelpText("after", examples("holdgate events --follow", "holdgate events --json | jq .type"))
    .action(async (options: EventsOptions) => {
      const client = await invocation.connect();
      if (options.follow) await follow(client, invocation);
      else await showKept(client, invocation);
    });
}

async function showKept(client: AdminClient, invocation: Invocation): Promise<void> {
  const { clock } = invocation;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const events = await receiveEvents(client, ALL_KEPT, ended.signal);
  const bound = clock.after(LONGEST_BACKLOG_MS, end);
  let silence = clock.after(SILENCE_MS, end);
  for await (const received of events) {
    silence.cancel();
    silence = clock.after(SILENCE_MS, end);
    if (received.kind === "event") show(received.event, invocation);
    if (received.kind === "broken") invocation.fail(`the event stream broke off: ${received.reason}`);
  }
  bound.cancel();
  silence.cancel();
}

async function follow(client: AdminClient, invocation: Invocation): Promise<void> {
  const { clock, terminal } = invocation;
  const signal = terminal.readerGone();
  let lastId = ALL_KEPT;
  while (!signal.aborted) {
    lastId = await showUntilEnd(client, lastId, signal, invocation);
    if (!signal.aborted) terminal.complain("holdgate: the event stream ended; going on from there");
    await pause(clock, COME_BACK_AFTER_MS, signal);
  }
}

/** Gives the id to go on from. */
async function showUntilEnd(
  client: AdminClient,
  lastEventId: string,
  signal: AbortSignal,
  invocation: Invocation,
): Promise<string> {
  const { terminal } = invocation;
  let lastId = lastEventId;
  for await (const received of await receiveEvents(client, lastEventId, signal)) {
    switch (received.kind) {
      case "event":
        lastId = received.id;
        show(received.event, invocation);
        break;
      case "missed":
        // Who asks for all that is kept knows that it is not all there ever was.
        if (lastId !== ALL_KEPT) terminal.complain("holdgate: some events in between are no longer known");
        break;
      case "broken":
        terminal.complain(`holdgate: the event stream broke off: ${received.reason}`);
        break;
    }
  }
  return lastId;
}

function show(event: EventMessage, invocation: Invocation): void {
  invocation.report(event, renderEvent(event));
}
