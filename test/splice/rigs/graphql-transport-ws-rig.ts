// GraphQL over WebSocket with the libraries of graphql-ws on both sides: numbers come by a live subscription and go by
// mutations, questions are queries. The client subscribes anew by itself 1.3 to 4 s after a close, but a connection that
// is refused is the end for it. It is not told when its subscription lives; a query asked behind it is answered then.

import { type Client, type ClientOptions, createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { ClientBook, rigClient } from "./client-book.ts";
import { startGraphql } from "./graphql-server.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { socketUrl } from "./websocket-app.ts";

export type GraphqlRigOptions = Pick<ClientOptions, "retryWait">;

export function graphqlRig(choices: GraphqlRigOptions = {}): Rig {
  return {
    name: "graphql-transport-ws",
    protocol: "graphql-transport-ws",
    startServer: startGraphql,
    connect: (url, options) => connect(url, choices, options),
  };
}

export const rig: Rig = graphqlRig();

const NUMBERS = "subscription Numbers($client: ID!) { numbers(client: $client) }";
const SAY = "mutation Say($client: ID!, $number: Int!) { say(client: $client, number: $number) }";
const ECHO = "query Echo($text: String!) { echo(text: $text) }";

async function connect(
  url: string,
  choices: GraphqlRigOptions,
  { id, signal }: ConnectOptions = {},
): Promise<RigClient> {
  const book = new ClientBook(id);
  const state = { isConnected: false, connections: 0 };
  const client = createClient({
    ...choices,
    url: socketUrl(url, "/graphql"),
    webSocketImpl: WebSocket,
    on: {
      connected: () => {
        state.isConnected = true;
        state.connections += 1;
        if (state.connections > 1) book.disrupted("connected again");
      },
      closed: (event) => {
        state.isConnected = false;
        book.disrupted(`closed ${codeOf(event)}`);
      },
    },
  });
  subscribe(client, book);
  await orAborted(ask(client), signal).catch(async (error: unknown) => {
    await close(client, state.isConnected);
    throw error;
  });
  return rigClient(book, {
    send: (number) => say(client, book, number),
    ask: (giveUp) => orAborted(ask(client), giveUp),
    isConnected: () => state.isConnected,
    close: () => close(client, state.isConnected),
  });
}

function subscribe(client: Client, book: ClientBook): void {
  client.subscribe<{ numbers: number }>(
    { query: NUMBERS, variables: { client: book.id } },
    {
      next: ({ data }) => data != null && book.take(data.numbers),
      error: (error) => book.disrupted(`subscription failed: ${String(error)}`),
      complete: () => book.disrupted("subscription completed"),
    },
  );
}

/** The library waits for a handshake that is under way, and fails with it; nobody else should. */
async function close(client: Client, isConnected: boolean): Promise<void> {
  const disposed = Promise.resolve(client.dispose()).catch(() => {});
  if (isConnected) await disposed;
}

function say(client: Client, book: ClientBook, number: number): void {
  client.subscribe(
    { query: SAY, variables: { client: book.id, number } },
    {
      next: () => {},
      error: (error) => book.disrupted(`mutation failed: ${String(error)}`),
      complete: () => {},
    },
  );
}

async function ask(client: Client): Promise<unknown> {
  const answers = client.iterate({ query: ECHO, variables: { text: "are you there?" } });
  const { value } = await answers.next();
  await answers.return?.();
  return value;
}

function codeOf(event: unknown): string {
  return typeof event === "object" && event !== null && "code" in event
    ? String(event.code)
    : "without a code";
}
