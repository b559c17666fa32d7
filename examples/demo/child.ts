// A process that the demo starts and ends. It gets a process group of its own, so that Ctrl-C in the
// terminal reaches the demo alone, which then ends everything in the right order.

import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** A file descriptor for what it prints; without it, standard output can be read by line. */
  logFd?: number;
}

const STOP_DEADLINE_MS = 15_000;

const living = new Set<ChildProcess>();
// However the demo ends: nothing it started outlives it.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export class Child {
  readonly #process: ChildProcess;
  /** How it ended, in words. */
  readonly exited: Promise<string>;

  constructor({ command, args, env = process.env, logFd }: ChildOptions) {
    const stdio: StdioOptions = ["ignore", logFd ?? "pipe", logFd ?? "inherit"];
    this.#process = spawn(command, args, { env, stdio, detached: true });
    living.add(this.#process);
    this.exited = this.#end();
  }

  /** Its first line on standard output. */
  async firstLine(): Promise<string> {
    const { stdout } = this.#process;
    if (!stdout) throw new Error("what this process prints goes to its log");
    const line = once(createInterface(stdout), "line").then(([text]) => String(text));
    return Promise.race([line, this.exited.then((how) => Promise.reject(new Error(how)))]);
  }

  /** Asks it to end, and cuts it at a deadline. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    const cut = setTimeout(() => this.#process.kill("SIGKILL"), STOP_DEADLINE_MS);
    await this.exited;
    clearTimeout(cut);
  }

  async #end(): Promise<string> {
    try {
      const [code, signal] = await once(this.#process, "exit");
      return `it ended with ${signal ?? `exit code ${code}`}`;
    } catch (error) {
      return `it could not be started: ${String(error)}`;
    } finally {
      living.delete(this.#process);
    }
  }
}
