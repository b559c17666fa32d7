// Lets items go in order at a steady rate, in small waves: thousands of tunnels closed at once would be
// thousands of handshakes that come back at once.

import type { Clock, Timer } from "../lib/clock.ts";

const TICK_MS = 50;
const WINDOW_MS = 1000;
// Credit is counted in thousandths of an item, so that whole rates per second add up exactly.
const ONE_ITEM = 1000;

export interface WavePacerOptions<T> {
  clock: Clock;
  perSecond: number;
  /** Called once for each item, in order; the item is out of the pacer already. */
  run: (item: T) => void;
  /** Called behind each wave. */
  onWave?: (closed: number, left: number) => void;
}

export class WavePacer<T> {
  readonly #clock: Clock;
  readonly #run: (item: T) => void;
  readonly #onWave: ((closed: number, left: number) => void) | undefined;
  #perSecond: number;

  readonly #waiting = new Set<T>();
  #timer: Timer | null = null;
  #credit = 0;
  #creditedAt = -Infinity;
  /** The waves of the last second. */
  #recent: { at: number; ran: number }[] = [];

  constructor(options: WavePacerOptions<T>) {
    this.#clock = options.clock;
    this.#run = options.run;
    this.#onWave = options.onWave;
    this.#perSecond = options.perSecond;
  }

  get size(): number {
    return this.#waiting.size;
  }

  configure(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  /** Lets these go behind those that wait. The first wave runs before this returns when the rate allows it. */
  add(items: Iterable<T>): void {
    for (const item of items) this.#waiting.add(item);
    if (this.#timer === null) this.#tick();
  }

  /** For one that has ended by itself. False when it was not waiting. */
  remove(item: T): boolean {
    const wasWaiting = this.#waiting.delete(item);
    if (this.#waiting.size === 0) this.#disarmTimer();
    return wasWaiting;
  }

  /** Forgets those that wait. */
  cancel(): void {
    this.#waiting.clear();
    this.#disarmTimer();
  }

  #tick(): void {
    if (this.#waiting.size === 0) return;
    // Armed before anything runs, so that an add() or a throw from inside finds the pacer in order.
    this.#timer = this.#clock.after(TICK_MS, () => {
      this.#timer = null;
      this.#tick();
    });
    const ran = this.#runWave();
    if (this.#waiting.size === 0) this.#disarmTimer();
    if (ran > 0) this.#onWave?.(ran, this.#waiting.size);
  }

  #runWave(): number {
    const now = this.#clock.now();
    const allowed = this.#allowedAt(now);
    if (allowed < 1) return 0;
    const wave = { at: now, ran: 0 };
    this.#recent.push(wave);
    for (const item of this.#waiting) {
      this.#waiting.delete(item);
      this.#credit -= ONE_ITEM;
      wave.ran += 1;
      this.#run(item);
      if (wave.ran === allowed) break;
    }
    return wave.ran;
  }

  /**
   * Credit makes the rate steady. It is capped at one tick's worth and the fraction carried over, so that
   * a late timer or an idle time is not followed by a burst; the look back makes the rate certain.
   */
  #allowedAt(now: number): number {
    const cap = TICK_MS * this.#perSecond + ONE_ITEM - 1;
    this.#credit = Math.min(this.#credit + (now - this.#creditedAt) * this.#perSecond, cap);
    this.#creditedAt = now;
    this.#recent = this.#recent.filter((wave) => wave.at > now - WINDOW_MS);
    const ranInWindow = this.#recent.reduce((sum, wave) => sum + wave.ran, 0);
    return Math.min(Math.floor(this.#credit / ONE_ITEM), Math.ceil(this.#perSecond) - ranInWindow);
  }

  #disarmTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
