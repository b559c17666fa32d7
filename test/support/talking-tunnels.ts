// Tunnels on which both sides talk all the time, each piece of the upstream being the answer to a message of
// the client. Whenever a test looks, some are inside a fragmented message and some inside a large frame.

import { onTestFinished } from "vitest";
import { RawWebSocket } from "./raw-websocket.ts";
import { TunnelServer, type UpstreamEnd } from "./tunnel-server.ts";
import { BINARY, CONTINUATION, makeFrame, TEXT } from "./websocket-frames.ts";

export const TALKS = ["messages", "fragments", "large frames"] as const;
export type Talk = (typeof TALKS)[number];

/** Of 64-bit length; at any time half of those who talk in such frames are inside one. */
const LARGE_FRAME = makeFrame(BINARY, Buffer.alloc(70_000, "large"));
const FRAGMENTS = 5;
/** All clients together would otherwise talk as fast as the machine can, which would be a test of the machine. */
const TURN_MS = 25;
const TURNS = 10;

/** An upstream that greets with its name and then talks as the path asks; closed with the test. */
export async function startTalkingUpstream(name: string, port = 0): Promise<TunnelServer> {
  const server = await TunnelServer.start({
    port,
    onTunnel(end) {
      const pieces = talk(end);
      end.onFrame = () => {
        if (end.received.close === null) end.write(pieces.next().value);
      };
      setImmediate(() => end.say(name));
    },
  });
  onTestFinished(() => server.close());
  return server;
}

function talk({ path }: UpstreamEnd): Iterator<Buffer, never> {
  if (path.startsWith(talkPath("fragments"))) return fragments();
  return path.startsWith(talkPath("large frames")) ? slices() : messages();
}

export function talkPath(talk: Talk): string {
  return `/ws/${talk.replace(" ", "-")}`;
}

function* messages(): Generator<Buffer, never> {
  for (;;) yield makeFrame(TEXT, "an answer");
}

function* fragments(): Generator<Buffer, never> {
  for (;;) {
    yield makeFrame(TEXT, "begun", { final: false });
    for (let count = 2; count < FRAGMENTS; count++) yield makeFrame(CONTINUATION, "and on", { final: false });
    yield makeFrame(CONTINUATION, "ended");
  }
}

function* slices(): Generator<Buffer, never> {
  for (;;) {
    yield LARGE_FRAME.subarray(0, 40_000);
    yield LARGE_FRAME.subarray(40_000);
  }
}

/** A client that says something whenever it has its turn, and comes back when it is told to. */
export class TalkingClient {
  readonly number: number;
  readonly talk: Talk;
  /** Messages said, all tunnels together. */
  said = 0;
  /** The names with which upstreams have greeted it, in order. */
  readonly greetings: string[] = [];
  /** The statuses of all its handshakes, in order. */
  readonly handshakes: number[] = [];
  /** When it got a Close, monotonic milliseconds. */
  closedAt = 0;
  /** Messages said on tunnels that have ended. */
  saidBefore = 0;
  /** The last tunnel that has ended. */
  before: RawWebSocket | null = null;
  tunnel: RawWebSocket | null = null;
  readonly #port: number;
  #wanted = true;

  constructor(port: number, number: number) {
    this.#port = port;
    this.number = number;
    this.talk = TALKS[number % TALKS.length] ?? "messages";
  }

  /** Opens its tunnel, and comes back at once, with one try, when that is closed with 1012. */
  async connect(): Promise<void> {
    const tunnel = new RawWebSocket(this.#port, { path: `${talkPath(this.talk)}?client=${this.number}` });
    this.tunnel = tunnel;
    const greeted = Promise.withResolvers<void>();
    tunnel.onFrame = () => {
      tunnel.onFrame = () => {};
      this.greetings.push(tunnel.messages[0] ?? "");
      greeted.resolve();
    };
    void tunnel.closed.then(() => this.#comeBack(tunnel));
    this.handshakes.push(await tunnel.answered.catch(() => 0));
    if (this.handshakes.at(-1) === 101) await greeted.promise;
  }

  /** Says nothing more, and leaves. */
  leave(): void {
    this.#wanted = false;
    this.tunnel?.destroy();
  }

  /** Says something, unless it has been told goodbye or is on its way back. */
  speak(): void {
    const { tunnel } = this;
    if (!tunnel?.socket.writable || tunnel.messages.length === 0 || tunnel.received.close) return;
    this.said++;
    tunnel.say(`${this.number} says ${this.said}`);
  }

  #comeBack(tunnel: RawWebSocket): void {
    if (!this.#wanted) return;
    this.before = tunnel;
    this.saidBefore = this.said;
    if (tunnel.received.close?.code !== 1012) return;
    this.closedAt = tunnel.closeSeenAt;
    void this.connect();
  }
}

/** Opens `count` of them, some at a time, in the order of their numbers; they leave with the test. */
export async function openTalkingClients(port: number, count: number): Promise<TalkingClient[]> {
  const clients: TalkingClient[] = [];
  onTestFinished(() => clients.forEach((client) => client.leave()));
  while (clients.length < count) {
    const missing = Math.min(50, count - clients.length);
    const some = Array.from({ length: missing }, (_, at) => new TalkingClient(port, clients.length + at));
    clients.push(...some);
    await Promise.all(some.map((client) => client.connect()));
  }
  startTurns(clients);
  return clients;
}

function startTurns(clients: TalkingClient[]): void {
  let turn = 0;
  // Not all of one kind shall be at the same place of what they say.
  for (const client of clients) {
    for (let count = Math.floor(client.number / TALKS.length) % FRAGMENTS; count > 0; count--) client.speak();
  }
  const turns = setInterval(() => {
    turn = (turn + 1) % TURNS;
    for (let at = turn; at < clients.length; at += TURNS) clients[at]?.speak();
  }, TURN_MS);
  onTestFinished(() => clearInterval(turns));
}
