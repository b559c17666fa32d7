// The state on disk: read once at the start, then written whole with each change. What cannot be read is
// never overwritten, because it may be the only record of where the traffic has to go.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../lib/gateway-error.ts";
import { removeLeftovers, writeFileDurably } from "../lib/write-file-durably.ts";
import type { DurableWriteOptions } from "../lib/write-file-durably.ts";
import { DataDirLock } from "./data-dir-lock.ts";
import { hasErrorCode } from "./error-code.ts";
import { stateSchema } from "./state.ts";
import type { State } from "./state.ts";

export class StateStore {
  readonly #path: string;
  readonly #lock: DataDirLock;
  readonly #onStep: DurableWriteOptions["onStep"];

  private constructor(path: string, lock: DataDirLock, onStep: DurableWriteOptions["onStep"]) {
    this.#path = path;
    this.#lock = lock;
    this.#onStep = onStep;
  }

  /** Makes the directory when it is missing and locks it until `close`. Throws `state_unwritable`. */
  static async open(dataDir: string, onStep?: DurableWriteOptions["onStep"]): Promise<StateStore> {
    const path = join(dataDir, "state.json");
    let lock: DataDirLock | undefined;
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      lock = DataDirLock.take(dataDir);
      await removeLeftovers(path);
      return new StateStore(path, lock, onStep);
    } catch (error) {
      lock?.release();
      if (error instanceof GatewayError) throw error;
      throw unwritable(`cannot use the dataDir ${dataDir}`, error);
    }
  }

  /** Null when there is no file yet. Throws `state_unreadable` for one that is not whole and valid. */
  async read(): Promise<State | null> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return null;
      throw unreadable(this.#path, reasonOf(error), error);
    }
    return parse(this.#path, text);
  }

  /** Resolves when the state is durable. Throws `state_unwritable`. */
  async write(state: State): Promise<void> {
    // A state that could not be read back would stop the next start; better to fail this one command.
    const checked = stateSchema.safeParse(state);
    if (!checked.success) {
      throw new GatewayError("internal", `the new state is not valid: ${firstIssue(checked.error.issues)}`);
    }
    try {
      const text = `${JSON.stringify(state, null, 2)}\n`;
      await writeFileDurably(this.#path, text, { onStep: this.#onStep });
    } catch (error) {
      throw unwritable(`cannot write ${this.#path}`, error);
    }
  }

  close(): void {
    this.#lock.release();
  }
}

function parse(path: string, text: string): State {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
  const parsed = stateSchema.safeParse(value);
  if (!parsed.success) throw unreadable(path, firstIssue(parsed.error.issues), parsed.error);
  return parsed.data;
}

function firstIssue(issues: { path: PropertyKey[]; message: string }[]): string {
  const [first, ...others] = issues;
  if (!first) return "it is not a state";
  const place = first.path.map(String).join(".") || "the whole file";
  const rest = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `${place}: ${first.message}${rest}`;
}

function unreadable(path: string, reason: string, cause: unknown): GatewayError {
  const remedy =
    "it was left as it is; put a good copy in its place, or move it away to start from the config";
  return new GatewayError("state_unreadable", `cannot read the state in ${path}: ${reason}; ${remedy}`, {
    cause,
  });
}

function unwritable(attempt: string, cause: unknown): GatewayError {
  const remedy = "nothing was changed; check that the directory exists, is writable and has space left";
  return new GatewayError("state_unwritable", `${attempt}: ${reasonOf(cause)}; ${remedy}`, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
