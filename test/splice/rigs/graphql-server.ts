// The server of graphql-ws, on `ws`, with a schema that has one operation of each kind.

import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import type { WebSocket } from "ws";
import { NumberStream } from "./number-stream.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, startWebSocketApp } from "./websocket-app.ts";

const SUBPROTOCOL = "graphql-transport-ws";

const schema = buildSchema(`
  type Query { echo(text: String!): String! }
  type Mutation { say(client: ID!, number: Int!): Boolean! }
  type Subscription { numbers(client: ID!): Int! }
`);

export function startGraphql(options: ServerOptions): Promise<RigServer> {
  const books = new WeakMap<WebSocket, ServerBook>();
  return startWebSocketApp({
    options,
    subprotocol: SUBPROTOCOL,
    serve: (socket, book) => void books.set(socket, book),
    prepare: (sockets) =>
      useServer(
        {
          schema,
          context: ({ extra }) => contextOf(extra.socket, books.get(extra.socket)),
          roots: { query: { echo }, mutation: { say }, subscription: { numbers } },
        },
        sockets,
      ),
  });
}

interface Context {
  readonly socket: WebSocket;
  readonly book: ServerBook;
}

function contextOf(socket: WebSocket, book: ServerBook | undefined): Context {
  if (book === undefined) throw new Error("a socket that nobody has counted");
  return { socket, book };
}

function echo({ text }: { text: string }): string {
  return text;
}

function say({ client, number }: { client: string; number: number }, { book }: Context): true {
  book.take(client, number);
  return true;
}

function numbers({ client }: { client: string }, { socket, book }: Context): NumberStream {
  const stream = new NumberStream(() => book.leave(client, link));
  const link = joinWith(book, client, socket, (number) => stream.put({ numbers: number }));
  return stream;
}
