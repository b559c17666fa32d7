// Notices that the configuration file has changed, whichever way it was written.

import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { type Clock, type Timer, systemClock } from "../lib/clock.ts";

export interface WatchConfigOptions {
  /** Called once for each change, when the file has come to rest. */
  onChange: () => void;
  /** Ends the watching. */
  signal: AbortSignal;
  /** The system refused to watch, or stopped; changes are then seen by SIGHUP only. */
  onError?: (error: Error) => void;
  clock?: Clock;
}

const SETTLE_MS = 100;

/**
 * Editors rename a new file over the old one, Kubernetes swaps a symlink beside it, and a file that is mounted
 * alone into a container shows its changes on itself only. So the directory and the file are both watched, any
 * event makes us look, and the file's own print decides.
 */
export function watchConfig(file: string, options: WatchConfigOptions): void {
  if (!options.signal.aborted) new ConfigWatch(file, options).start();
}

class ConfigWatch {
  readonly #file: string;
  readonly #options: WatchConfigOptions;
  readonly #clock: Clock;
  #watchers: FSWatcher[] = [];
  #timer: Timer | undefined;
  /** The print of the file as the caller knows it. */
  #known: string | undefined;
  /** The print at the last look, not yet reported because it may still be changing. */
  #seen: string | undefined;

  constructor(file: string, options: WatchConfigOptions) {
    this.#file = file;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#known = printOf(file);
    this.#seen = this.#known;
  }

  start(): void {
    this.#watch(dirname(this.#file));
    if (this.#known !== undefined) this.#watch(this.#file);
    this.#options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  #watch(path: string): void {
    try {
      const watcher = watch(path, () => this.#lookSoon());
      watcher.on("error", (error) => this.#options.onError?.(error));
      this.#watchers.push(watcher);
    } catch (error) {
      if (error instanceof Error) this.#options.onError?.(error);
    }
  }

  // A timer that runs is left alone: other files in the directory may change without end.
  #lookSoon(): void {
    if (this.#options.signal.aborted) return;
    this.#timer ??= this.#clock.after(SETTLE_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const print = printOf(this.#file);
    // Away: between the two halves of a replacement. What comes next makes an event of its own.
    if (print === undefined || print === this.#known) return;
    if (print !== this.#seen) {
      this.#seen = print;
      this.#lookSoon();
      return;
    }
    this.#known = print;
    this.#watchAnew();
    this.#options.onChange();
  }

  // After a rename the old watch sits on the file that was replaced.
  #watchAnew(): void {
    this.#closeWatchers();
    this.#watch(dirname(this.#file));
    this.#watch(this.#file);
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#closeWatchers();
  }

  #closeWatchers(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}

/** What differs when the file was written or replaced; undefined while there is none. */
function printOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}
