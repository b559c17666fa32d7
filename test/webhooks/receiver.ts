// A receiver on a real socket that answers as the test says, and keeps what it was told.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { listen } from "../support/listen.ts";

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** The types of the events that came, in order. */
  types(): string[];
  /** From now on each post is answered by this; the last one stays. */
  answer(...answers: ((response: ServerResponse) => void)[]): void;
  close(): Promise<void>;
}

export const taken = (response: ServerResponse): void => void response.writeHead(204).end();
export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end("no");
export const breakOff = (response: ServerResponse): void => void response.destroy();
/** The post is read, and never answered. */
export const silence = (): void => {};

export async function startReceiver(port = 0): Promise<Receiver> {
  let answers: ((response: ServerResponse) => void)[] = [taken];
  const received: Received[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ headers: request.headers, body: await text(request) });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response);
  };
  const server = createServer((request, response) => void receive(request, response));
  const bound = await listen(server, port);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    url: `http://127.0.0.1:${bound}/hooks/very-secret-path`,
    port: bound,
    received,
    types: () => received.map(({ body }) => JSON.parse(body).type),
    answer: (...next) => void (answers = next),
    close,
  };
}
