// Commands that Holdgate starts and stops itself: an app without containers, and the commands of a plan. They
// outlive their starter: whoever comes next finds them by name, and what they have done.

import type { JsonObject } from "../lib/json.ts";

/** One command under a name. Everything about it is in a directory, so that a killed starter loses nothing. */
export interface ProcessHost {
  /** Null: nothing of that name was ever started, or its directory was removed. */
  find(name: string): Promise<HostedProcess | null>;
  /**
   * Starts it unless this very start (`key`) was made before: of two starters with the same key, or of one that was
   * killed in between, exactly one command runs. Resolves when it is running or has ended.
   */
  start(name: string, key: string, command: HostedCommand): Promise<HostedProcess>;
  /** SIGTERM to it and its children, SIGKILL after `graceMs`. Not running counts as done. */
  stop(name: string, graceMs: number, signal?: AbortSignal): Promise<void>;
  /** Its exit, as soon as it has ended. */
  wait(name: string, signal?: AbortSignal): Promise<number>;
}

export interface HostedCommand {
  command: readonly string[];
  cwd: string | null;
  /** Added to the environment of the starter; may hold secrets, and is not kept in a file. */
  env: Readonly<Record<string, string>>;
  /** Kept beside it for whoever has to start it again: how its starter described it, without secrets. */
  about: JsonObject;
}

export interface HostedProcess {
  name: string;
  key: string;
  command: readonly string[];
  cwd: string | null;
  state: { name: "running"; pid: number } | { name: "ended"; /** Null: killed. */ exitCode: number | null };
  about: JsonObject;
  /** Files with its output. */
  stdout: string;
  stderr: string;
}
