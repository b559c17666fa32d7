// The chat app as the runner hosts it: a process that outlives the runner. The demo must outlive neither.

import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../src/process/directory-process-host.ts";
import type { Upstream } from "./stage.ts";

const UPSTREAMS: readonly Upstream[] = ["blue", "green"];
const GRACE_MS = 5_000;

export class HostedChat {
  readonly #host: DirectoryProcessHost;
  /** Leaders of process groups. */
  #pids: number[] = [];

  constructor(dataDir: string) {
    this.#host = new DirectoryProcessHost({
      directory: join(dataDir, "processes", "chat"),
      clock: systemClock,
    });
    // For an end without a farewell; what the host knows cannot be asked then.
    process.once("exit", () => this.#pids.forEach(killGroup));
  }

  /** To be called whenever a plan has started or stopped one. */
  async remember(): Promise<void> {
    const found = await Promise.all(UPSTREAMS.map((name) => this.#host.find(name)));
    this.#pids = found.flatMap((app) => (app?.state.name === "running" ? [app.state.pid] : []));
  }

  async stop(): Promise<void> {
    await Promise.all(UPSTREAMS.map((name) => this.#host.stop(name, GRACE_MS)));
    this.#pids = [];
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
