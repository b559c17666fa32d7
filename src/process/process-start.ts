// The directory of one start of a command. What is in it appears in this order:
//
//   start.json   what is to be started, without its environment
//   claim        who has taken it on: pid and start of the shell around the command; 0: it must not start any more
//   exit         the code with which the command ended; none, with nobody alive: it was killed
//
// beside the files with its output.

import { createHash } from "node:crypto";
import { link, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";
import { writeFileDurably } from "../lib/write-file-durably.ts";
import { type GroupIdentity, isGroupAlive } from "./process-group.ts";
import type { HostedCommand, HostedProcess } from "./process-host.ts";

const description = z.object({
  name: z.string(),
  key: z.string(),
  command: z.array(z.string()),
  cwd: z.string().nullable(),
  about: z.custom<JsonObject>((value) => typeof value === "object" && value !== null),
});

type Claim = "none" | "withdrawn" | GroupIdentity;

export class ProcessStart {
  readonly directory: string;
  readonly stdout: string;
  readonly stderr: string;

  constructor(directory: string) {
    this.directory = directory;
    this.stdout = join(directory, "stdout");
    this.stderr = join(directory, "stderr");
  }

  /** A key may hold what a file's name must not. */
  static nameOf(key: string): string {
    return createHash("sha256").update(key).digest("hex").slice(0, 32);
  }

  async describe(name: string, key: string, { command, cwd, about }: HostedCommand): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ name, key, command, cwd, about });
    await writeFileDurably(join(this.directory, "start.json"), `${text}\n`);
    for (const parent of [dirname(this.directory), dirname(dirname(this.directory))]) await sync(parent);
  }

  /** Null: it was never described, so nothing was started. */
  async look(): Promise<HostedProcess | null> {
    const text = await readIfThere(join(this.directory, "start.json"));
    if (text === null) return null;
    const { stdout, stderr } = this;
    return { ...description.parse(JSON.parse(text)), state: await this.#state(), stdout, stderr };
  }

  /** `none`: nobody has taken it on yet. */
  async claim(): Promise<Claim> {
    const text = await readIfThere(join(this.directory, "claim"));
    if (text === null) return "none";
    const [pid, started = ""] = text.trim().split(" ");
    if (Number(pid) === 0) return "withdrawn";
    return { pid: Number(pid), started: started === "" ? null : started };
  }

  /** From now on nobody can take it on; false when somebody has. */
  async withdraw(): Promise<boolean> {
    const own = join(this.directory, `claim.withdrawn.${process.pid}`);
    await writeFile(own, "0\n");
    try {
      await link(own, join(this.directory, "claim"));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  async #state(): Promise<HostedProcess["state"]> {
    const claim = await this.claim();
    if (typeof claim === "string") return { name: "ended", exitCode: null };
    // In this order: one that ends between the two looks has written its code by then.
    const isAlive = isGroupAlive(claim);
    const exit = await readIfThere(join(this.directory, "exit"));
    if (exit !== null) return { name: "ended", exitCode: Number(exit) };
    return isAlive ? { name: "running", pid: claim.pid } : { name: "ended", exitCode: null };
  }
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
