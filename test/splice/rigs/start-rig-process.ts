// A rig's server in a process of its own, seen from the test.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { PushCounters } from "./rig.ts";
import type { FromRigProcess, ToRigProcess } from "./rig-process.ts";

const PROGRAM = fileURLToPath(new URL("./rig-process.ts", import.meta.url));

export interface RigProcess {
  readonly port: number;
  readonly url: string;
  /** As in RigServer; what came before a SIGKILL is all there once `kill` has resolved. */
  received(clientId: string): readonly number[];
  /** As in RigServer; false, too, for a process that has ended. */
  push(clientId: string): Promise<boolean>;
  /** As they were some 50 ms ago. */
  readonly connections: number;
  readonly handshakes: number;
  /** In order, as `RigServer.stop`; resolves when the process has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when its end has been seen. */
  kill(): Promise<void>;
}

export interface RigProcessOptions {
  /** Of the file: `socket-io` for socket-io-rig.ts. */
  readonly rig: string;
  readonly pushed: PushCounters;
  readonly port?: number;
  readonly version?: string;
}

/** Resolves when it listens; killed when the test is over. */
export async function startRigProcess({
  rig,
  pushed,
  port = 0,
  version = "1",
}: RigProcessOptions): Promise<RigProcess> {
  const child = fork(PROGRAM, [rig, String(port), version], {
    execArgv: [],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  onTestFinished(() => end(child, () => child.kill("SIGKILL")));
  const conversation = new Conversation(child, pushed);
  const bound = await listeningPort(child);
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    received: (clientId) => conversation.received.get(clientId) ?? [],
    push: (clientId) => conversation.push(clientId),
    get connections() {
      return conversation.counts.connections;
    },
    get handshakes() {
      return conversation.counts.handshakes;
    },
    stop: () => end(child, () => conversation.say({ say: "stop" })),
    kill: () => end(child, () => child.kill("SIGKILL")),
  };
}

class Conversation {
  readonly received = new Map<string, number[]>();
  counts = { connections: 0, handshakes: 0 };
  readonly #child: ChildProcess;
  readonly #pushed: PushCounters;
  readonly #pushes = new Map<number, (isHere: boolean) => void>();
  #lastId = 0;

  constructor(child: ChildProcess, pushed: PushCounters) {
    this.#child = child;
    this.#pushed = pushed;
    child.on("message", (message: FromRigProcess) => this.#hear(message));
    child.on("disconnect", () => this.#giveUp());
  }

  say(message: ToRigProcess): void {
    // It may end in just this moment.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  push(clientId: string): Promise<boolean> {
    if (!this.#child.connected) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#lastId += 1;
    this.#pushes.set(this.#lastId, resolve);
    this.say({ say: "push", id: this.#lastId, clientId, after: this.#pushed.last(clientId) });
    return promise;
  }

  #hear(message: FromRigProcess): void {
    switch (message.say) {
      case "pushing":
        return this.#pushed.reach(message.clientId, message.number);
      case "pushed":
        this.#pushes.get(message.id)?.(message.isHere);
        this.#pushes.delete(message.id);
        return;
      case "received":
        this.received.set(message.clientId, [...(this.received.get(message.clientId) ?? []), message.number]);
        return;
      case "counts":
        this.counts = message;
    }
  }

  #giveUp(): void {
    for (const resolve of this.#pushes.values()) resolve(false);
    this.#pushes.clear();
  }
}

async function listeningPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("the process has no standard output");
  const lines = createInterface({ input: child.stdout });
  const failed = once(child, "exit").then(() => {
    throw new Error("the rig's process ended before it listened");
  });
  const [line] = await Promise.race([once(lines, "line"), failed]);
  const { listening }: { listening: { port: number } } = JSON.parse(String(line));
  return listening.port;
}

/** The IPC channel closes when all that came by it has been read. */
async function end(child: ChildProcess, begin: () => void): Promise<void> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const exited = isOver() ? Promise.resolve() : once(child, "exit");
  const closed = child.connected ? once(child, "disconnect") : Promise.resolve();
  if (!isOver()) begin();
  await Promise.all([exited, closed]);
}
