// Action Cable with the client of Rails, against a server that does as Rails does. The client runs its `connected`
// callback on each confirmation; the second and later ones are noted as "connected again", which apps take for a reason
// to fetch what they have missed. A connection that is closed is opened again by its monitor, 6 to 12 s later.

import { createConsumer } from "@rails/actioncable";
import { CHANNEL, startCable } from "./actioncable-server.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { socketUrl } from "./websocket-app.ts";

// The client looks for a page that is shown again; there is none in Node.
if (!("addEventListener" in globalThis))
  Object.assign(globalThis, { addEventListener: () => {}, removeEventListener: () => {} });

export interface CableRigOptions {
  /** Rails' 3 s, if it is left out. */
  readonly pingMs?: number;
}

export function actioncableRig({ pingMs }: CableRigOptions = {}): Rig {
  return {
    name: "actioncable",
    protocol: "actioncable",
    startServer: (options) => startCable(options, pingMs),
    connect,
  };
}

export const rig: Rig = actioncableRig();

interface Received {
  readonly number?: number;
  readonly answer?: string;
}

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const questions = new Map<string, (answer: string) => void>();
  const consumer = createConsumer(socketUrl(url, "/cable"));
  // Its types leave this out.
  const connection: { isOpen(): boolean } = Reflect.get(consumer, "connection");
  const confirmed = Promise.withResolvers<void>();
  let confirmations = 0;
  const subscription = consumer.subscriptions.create(
    { channel: CHANNEL, client: book.id },
    {
      connected() {
        confirmations += 1;
        if (confirmations > 1) book.disrupted("connected again");
        confirmed.resolve();
      },
      disconnected: () => book.disrupted("disconnected"),
      rejected: () => book.disrupted("rejected"),
      received({ number, answer }: Received) {
        if (number !== undefined) book.take(number);
        if (answer !== undefined) questions.get(answer)?.(answer);
      },
    },
  );
  await orAborted(confirmed.promise, signal).catch((error: unknown) => {
    consumer.disconnect();
    throw error;
  });
  return rigClient(book, {
    send: (number) => {
      if (!subscription.perform("say", { number })) book.disrupted("not sent: no connection");
    },
    ask: (giveUp) => ask(questions, (question) => subscription.perform("ask", { question }), giveUp),
    isConnected: () => connection.isOpen(),
    close: async () => consumer.disconnect(),
  });
}

async function ask(
  questions: Map<string, (answer: string) => void>,
  perform: (question: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const question = `question ${questions.size + 1}`;
  const { promise, resolve } = Promise.withResolvers<string>();
  questions.set(question, resolve);
  perform(question);
  return await orAborted(promise, signal);
}
