// Commands under names, each in a directory: <directory>/<name>/<one for each start>/, and <name>/current, which says
// the start that the name means now. A starter that is killed loses nothing:
//
//   described ──▶ current ──▶ the shell is spawned ──▶ it claims the start ──▶ the command runs
//   │ killed before the claim: whoever starts it again with the same key spawns another shell, and one claim counts │
//
// The environment goes to the shell and on to the command, and into no file.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import { sleep } from "../lib/sleep.ts";
import { writeFileDurably } from "../lib/write-file-durably.ts";
import { ProcessError } from "./process-error.ts";
import { isGroupAlive, signalGroup } from "./process-group.ts";
import type { HostedCommand, HostedProcess, ProcessHost } from "./process-host.ts";
import { ProcessStart, readIfThere } from "./process-start.ts";
import { STARTER_SCRIPT } from "./starter-script.ts";

/** What has been done of a start so far. */
export type StartStep = "described" | "current" | "spawned" | "claimed";

export interface DirectoryProcessHostOptions {
  /** Made when it is not there. */
  directory: string;
  clock: Clock;
  /** Told of each step as it is done. */
  onStep?: (step: StartStep) => void;
}

const LOOK_MS = 20;
/** Beside the current one: what a failed version had to say is still there for a while. */
const KEPT_STARTS = 9;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
/** 128 and SIGKILL: what a shell says of one that was killed. */
const KILLED = 137;

export class DirectoryProcessHost implements ProcessHost {
  readonly #options: Required<DirectoryProcessHostOptions>;

  constructor(options: DirectoryProcessHostOptions) {
    this.#options = { onStep: () => {}, ...options };
  }

  async find(name: string): Promise<HostedProcess | null> {
    const start = await this.#current(name);
    return (await start?.look()) ?? null;
  }

  async start(name: string, key: string, command: HostedCommand): Promise<HostedProcess> {
    const start = new ProcessStart(join(this.#directoryOf(name), ProcessStart.nameOf(key)));
    if ((await start.claim()) === "none") await this.#startOnce(start, name, key, command);
    const started = await start.look();
    if (started === null) throw new ProcessError(`start ${name}: ${start.directory} was removed meanwhile`);
    return started;
  }

  async stop(name: string, graceMs: number, signal?: AbortSignal): Promise<void> {
    const start = await this.#current(name);
    // Withdrawn, it cannot come to life after we have found it dead.
    if (start === null || (await start.withdraw())) return;
    const claim = await start.claim();
    if (typeof claim === "string" || !isGroupAlive(claim)) return;
    signalGroup(claim.pid, "SIGTERM");
    const killAt = this.#options.clock.now() + graceMs;
    while (isGroupAlive(claim)) {
      if (this.#options.clock.now() >= killAt) signalGroup(claim.pid, "SIGKILL");
      await sleep(this.#options.clock, LOOK_MS, signal);
    }
  }

  async wait(name: string, signal?: AbortSignal): Promise<number> {
    for (;;) {
      const found = await this.find(name);
      if (found === null) throw new ProcessError(`wait for ${name}: nothing of that name was started`);
      if (found.state.name === "ended") return found.state.exitCode ?? KILLED;
      await sleep(this.#options.clock, LOOK_MS, signal);
    }
  }

  async #startOnce(start: ProcessStart, name: string, key: string, command: HostedCommand): Promise<void> {
    await this.#refuseSecond(start, name);
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    await start.describe(name, key, command);
    this.#options.onStep("described");
    await writeFileDurably(join(this.#directoryOf(name), "current"), `${ProcessStart.nameOf(key)}\n`);
    this.#options.onStep("current");
    await this.#spawn(start, name, command);
    if ((await start.claim()) === "none") {
      const what = `start ${name}: the shell around ${command.command[0]} ended before it could start it`;
      throw new ProcessError(`${what}; is there room in ${start.directory}?`);
    }
    this.#options.onStep("claimed");
    await this.#forgetOld(name);
  }

  /** Each has files with its output, and an app is started anew with every upgrade. */
  async #forgetOld(name: string): Promise<void> {
    const directory = this.#directoryOf(name);
    const current = await this.#current(name);
    const starts: { path: string; at: number }[] = [];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (!entry.isDirectory() || path === current?.directory) continue;
      starts.push({ path, at: (await stat(path)).mtimeMs });
    }
    const old = starts.toSorted((one, other) => other.at - one.at).slice(KEPT_STARTS);
    for (const { path } of old) await rm(path, { recursive: true, force: true });
  }

  /** A name is one command at a time. */
  async #refuseSecond(start: ProcessStart, name: string): Promise<void> {
    const other = await this.#current(name);
    if (other === null || other.directory === start.directory || (await other.withdraw())) return;
    const found = await other.look();
    if (found?.state.name !== "running") return;
    const what = `it runs already (pid ${found.state.pid}), from another start`;
    throw new ProcessError(`start ${name}: ${what}; stop it first`);
  }

  async #spawn(start: ProcessStart, name: string, { command, cwd, env }: HostedCommand): Promise<void> {
    const [stdout, stderr] = await Promise.all(
      [start.stdout, start.stderr].map((path) => open(path, "a", 0o600)),
    );
    try {
      const shell = spawn("sh", ["-c", STARTER_SCRIPT, "holdgate-start", start.directory, ...command], {
        ...(cwd !== null && { cwd }),
        env: { ...process.env, ...env },
        detached: true,
        stdio: ["ignore", stdout?.fd, stderr?.fd, "pipe"],
      });
      this.#options.onStep("spawned");
      await untilClaimed(shell);
    } catch (cause) {
      const where = cwd === null ? "" : ` in ${cwd}`;
      throw new ProcessError(`start ${name}: cannot run sh${where}; is the directory there?`, { cause });
    } finally {
      await stdout?.close();
      await stderr?.close();
    }
  }

  async #current(name: string): Promise<ProcessStart | null> {
    const directory = this.#directoryOf(name);
    const current = await readIfThere(join(directory, "current"));
    return current === null ? null : new ProcessStart(join(directory, current.trim()));
  }

  #directoryOf(name: string): string {
    if (NAME.test(name)) return join(this.#options.directory, name);
    throw new ProcessError(
      `${JSON.stringify(name)} cannot name a process; use letters, digits, "_", "." and "-"`,
    );
  }
}

/** The shell closes its end of the pipe when the claim stands, or when it ends because another's does. */
async function untilClaimed(shell: ChildProcess): Promise<void> {
  if (shell.pid === undefined) await once(shell, "error").then(([error]) => Promise.reject(error));
  const claimed: unknown = shell.stdio[3];
  if (!(claimed instanceof Readable)) throw new Error("the shell has no pipe to its starter");
  claimed.resume();
  await once(claimed, "close");
  // It goes on without us: it must not keep its starter from ending.
  shell.unref();
}
