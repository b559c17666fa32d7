// A program that the benchmark starts, pins to a core and stops again; none outlives the benchmark.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CONTENDER_CORE } from "./cores.ts";
import { killAtExit } from "./kill-at-exit.ts";

export interface ProgramOptions {
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Contenders have one core for themselves; everything else runs where the benchmark itself runs. */
  pinToContenderCore?: boolean;
  /** Opens a channel for `process.send` on both sides. */
  channel?: boolean;
}

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const KEPT_OUTPUT_CHARS = 4_000;
const QUOTED_OUTPUT_CHARS = 300;

export class ChildProgram {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly #command: string;
  #output = "";

  constructor({ command, args, env = {}, pinToContenderCore = false, channel = false }: ProgramOptions) {
    const pinned = pinToContenderCore ? ["taskset", "-c", String(CONTENDER_CORE), command] : [command];
    const [program = command, ...before] = pinned;
    this.#command = command;
    this.process = spawn(program, [...before, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe", channel ? "ipc" : "ignore"],
    });
    this.process.on("error", (error) => this.#keep(error.message));
    this.process.stdout?.on("data", (chunk: Buffer) => this.#keep(chunk.toString()));
    this.process.stderr?.on("data", (chunk: Buffer) => this.#keep(chunk.toString()));
    this.pid = this.process.pid ?? 0;
    killAtExit(this.process);
  }

  /** Resolves once 127.0.0.1:`port` accepts; throws with the program's own words when it ends before. */
  async listening(port: number): Promise<this> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await accepts(port))) {
      if (this.#ended) throw new Error(`${this.#command} ended at its start: ${this.#lastWords()}`);
      if (performance.now() > deadline) {
        throw new Error(`${this.#command} does not listen on port ${port}: ${this.#lastWords()}`);
      }
      await sleep(20);
    }
    return this;
  }

  /** Resolves once it has ended well; throws with its own words when it has not. */
  async succeeds(withinMs: number): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    const ended = once(this.process, "close", { signal });
    if (!this.#ended) await ended.finally(() => void this.process.kill("SIGKILL"));
    const { exitCode } = this.process;
    if (exitCode !== 0) throw new Error(`${this.#command} ended with ${exitCode}: ${this.#lastWords()}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#ended) return;
    const exited = once(this.process, "exit");
    this.process.kill(signal);
    const cut = setTimeout(() => this.process.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited.finally(() => clearTimeout(cut));
  }

  get #ended(): boolean {
    return this.pid === 0 || this.process.exitCode !== null || this.process.signalCode !== null;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARS);
  }

  /** For a message: on one line, and without the lines of a stack trace. */
  #lastWords(): string {
    const lines = this.#output.split("\n").filter((line) => !/^\s+at /.test(line));
    const words = lines.join(" ").replaceAll(/\s+/g, " ").trim();
    return words.slice(-QUOTED_OUTPUT_CHARS) || "it said nothing";
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
