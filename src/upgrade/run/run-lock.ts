// One run at a time for each service: a file that says which run of which process has it. The holder shows that it
// lives by the time of the file, which it sets through its own handle, so that it can never touch a successor's.
//
//   (free) ──take──▶ held ──release──▶ (free)
//                     │
//                     └─ its process is dead, or of another machine and silent ──▶ stale ──take over──▶ held
//
// Only a resume or a rollback takes over: a new run would begin where nobody knows what stands.

import { mkdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { claimFile, readClaim, releaseClaim, removeStaleClaim } from "../../lib/claim-file.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { hasErrorCode } from "../../lib/error-code.ts";
import { isAlive, ownIdentity, processSpace } from "../../lib/process-identity.ts";

const BEAT_MS = 2000;
/** Of a holder on another machine, whose process cannot be looked for. */
const SILENT_MS = 15_000;
const ROUNDS = 10;

const holderSchema = z.strictObject({
  run: z.string(),
  pid: z.int().positive(),
  started: z.string().nullable(),
  host: z.string(),
});
export type LockHolder = z.output<typeof holderSchema>;

export interface LockOrder {
  /** Of the dataDir. */
  directory: string;
  service: string;
  run: string;
  clock: Clock;
  /** Whether the stale lock of that holder may be taken. */
  mayTakeOver: (holder: LockHolder) => boolean | Promise<boolean>;
  /** Another has taken it over: whoever goes on now does it twice. */
  onLost?: () => void;
}

export type LockOutcome =
  | { kind: "held"; lock: RunLock }
  | { kind: "locked"; holder: LockHolder; isAlive: boolean };

export class RunLock {
  readonly #path: string;
  readonly #text: string;
  readonly #file: FileHandle;
  readonly #order: LockOrder;
  #timer: Timer | null = null;
  #beating: Promise<void> = Promise.resolve();
  #isReleased = false;

  private constructor(path: string, text: string, file: FileHandle, order: LockOrder) {
    this.#path = path;
    this.#text = text;
    this.#file = file;
    this.#order = order;
    this.#schedule();
  }

  static async take(order: LockOrder): Promise<LockOutcome> {
    mkdirSync(order.directory, { recursive: true, mode: 0o700 });
    const path = join(order.directory, `${encodeURIComponent(order.service)}.json`);
    const holder: LockHolder = { run: order.run, ...ownIdentity(), host: processSpace() };
    const text = `${JSON.stringify(holder)}\n`;
    // Each round ends with the lock in somebody's hands; more than one means that others come as well.
    for (let round = 0; ; round += 1) {
      if (claimFile(path, text)) return { kind: "held", lock: await RunLock.#hold(path, text, order) };
      const found = readClaim(path);
      if (found === null) continue;
      const other = parseHolder(found);
      const lives = other !== null && livesHolder(path, other, order.clock);
      if (other !== null && (lives || round >= ROUNDS || !(await order.mayTakeOver(other)))) {
        return { kind: "locked", holder: other, isAlive: lives };
      }
      removeStaleClaim(path, found);
    }
  }

  static async #hold(path: string, text: string, order: LockOrder): Promise<RunLock> {
    const file = await open(path, "r+");
    await touch(file, order.clock);
    return new RunLock(path, text, file, order);
  }

  /** Harmless when it was released or lost before. */
  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#timer?.cancel();
    releaseClaim(this.#path, this.#text);
    await this.#beating;
    await this.#file.close();
  }

  #schedule(): void {
    this.#timer = this.#order.clock.after(BEAT_MS, () => {
      this.#beating = this.#beat();
    });
  }

  async #beat(): Promise<void> {
    if (this.#isReleased) return;
    if (readClaim(this.#path) !== this.#text) {
      this.#order.onLost?.();
      return;
    }
    await touch(this.#file, this.#order.clock).catch(() => {});
    if (!this.#isReleased) this.#schedule();
  }
}

async function touch(file: FileHandle, clock: Clock): Promise<void> {
  const seconds = clock.wall() / 1000;
  await file.utimes(seconds, seconds);
}

/** Null for what no runner has written whole: a lock that a power cut left empty is nobody's. */
function parseHolder(text: string): LockHolder | null {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function livesHolder(path: string, holder: LockHolder, clock: Clock): boolean {
  if (holder.host === processSpace()) return isAlive(holder);
  try {
    return clock.wall() - statSync(path).mtimeMs < SILENT_MS;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}
