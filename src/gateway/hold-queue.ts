// The requests of one service that wait, unsent: first come, first served, bounded, each with a deadline.
//
// Order is a number that the caller gives at arrival and that stays with the item, so that one which was
// taken and comes back (its upstream failed before an answer) finds its old place, before those that
// came later. All deadlines share one timer.

import type { Clock, Timer } from "../lib/clock.ts";
import { DeadlineHeap } from "./deadline-heap.ts";

export interface HoldBounds {
  maxRequests: number;
  maxPerClient: number;
}

export interface HoldQueueOptions<T> extends HoldBounds {
  clock: Clock;
  /** The deadline has passed; the item is out of the queue already, and must not be put back. */
  onExpired: (item: T, waitedMs: number) => void;
}

export interface HoldPlace {
  /** Lower goes first; equal ones in the order of their adding. */
  order: number;
  /** Whom `maxPerClient` counts. */
  client: string;
  /** Until when it may wait, in `clock.now()` milliseconds; one that has passed expires with the next tick. */
  deadline: number;
  /** Since when it has been waiting, in `clock.now()` milliseconds; now when left out. */
  since?: number;
  /** For one that held a place before: no bound applies. */
  force?: boolean;
}

export type HoldOutcome = "held" | "maxRequests" | "maxPerClient";

interface Entry<T> {
  readonly item: T;
  readonly order: number;
  readonly client: string;
  readonly deadline: number;
  readonly since: number;
  heapIndex: number;
  previous: Entry<T> | null;
  next: Entry<T> | null;
}

export class HoldQueue<T extends object> {
  readonly #clock: Clock;
  readonly #onExpired: (item: T, waitedMs: number) => void;
  #bounds: HoldBounds;

  #head: Entry<T> | null = null;
  #tail: Entry<T> | null = null;
  readonly #entries = new Map<T, Entry<T>>();
  readonly #perClient = new Map<string, number>();

  readonly #deadlines = new DeadlineHeap<Entry<T>>();
  #timer: Timer | null = null;
  #timerAt = Infinity;

  constructor(options: HoldQueueOptions<T>) {
    this.#clock = options.clock;
    this.#onExpired = options.onExpired;
    this.#bounds = { maxRequests: options.maxRequests, maxPerClient: options.maxPerClient };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How long the first in order has waited; 0 when the queue is empty. */
  get oldestWaitMs(): number {
    return this.#head === null ? 0 : this.#clock.now() - this.#head.since;
  }

  /** Bounds for those who come from now on; whoever waits already stays. */
  configure(bounds: HoldBounds): void {
    this.#bounds = { maxRequests: bounds.maxRequests, maxPerClient: bounds.maxPerClient };
  }

  has(item: T): boolean {
    return this.#entries.has(item);
  }

  heldBy(client: string): number {
    return this.#perClient.get(client) ?? 0;
  }

  /** Holds `item` at its place, or names the bound that refuses it. An item must not be in here already. */
  add(item: T, place: HoldPlace): HoldOutcome {
    if (this.#entries.has(item)) throw new Error("this item is held already");
    if (!place.force) {
      if (this.size >= this.#bounds.maxRequests) return "maxRequests";
      if (this.heldBy(place.client) >= this.#bounds.maxPerClient) return "maxPerClient";
    }
    this.#attach({
      item,
      order: place.order,
      client: place.client,
      deadline: place.deadline,
      since: place.since ?? this.#clock.now(),
      heapIndex: -1,
      previous: null,
      next: null,
    });
    this.#armTimer();
    return "held";
  }

  /** The first in order, still in the queue. */
  peek(): T | undefined {
    return this.#head?.item;
  }

  /** Takes the first in order out, to be sent. */
  take(): T | undefined {
    const first = this.#head;
    if (first === null) return undefined;
    this.#detach(first);
    return first.item;
  }

  /** Takes out one whose client has left. False when it was not in here. */
  remove(item: T): boolean {
    const entry = this.#entries.get(item);
    if (entry === undefined) return false;
    this.#detach(entry);
    return true;
  }

  /** Takes all out, in order. */
  clear(): T[] {
    const items: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) items.push(item);
    return items;
  }

  #attach(entry: Entry<T>): void {
    const before = this.#placeOf(entry.order);
    const behind = before === null ? this.#head : before.next;
    entry.previous = before;
    entry.next = behind;
    if (before === null) this.#head = entry;
    else before.next = entry;
    if (behind === null) this.#tail = entry;
    else behind.previous = entry;

    this.#entries.set(entry.item, entry);
    this.#perClient.set(entry.client, this.heldBy(entry.client) + 1);
    this.#deadlines.push(entry);
  }

  /**
   * Behind whom `order` belongs; null for the front. Newcomers belong to the tail and those that come
   * back near the head, so it looks from both ends at once.
   */
  #placeOf(order: number): Entry<T> | null {
    let fromTail = this.#tail;
    let fromHead = this.#head;
    while (fromTail !== null && fromHead !== null) {
      if (fromTail.order <= order) return fromTail;
      if (fromHead.order > order) return fromHead.previous;
      fromTail = fromTail.previous;
      fromHead = fromHead.next;
    }
    return null;
  }

  #detach(entry: Entry<T>): void {
    if (entry.previous === null) this.#head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#tail = entry.previous;
    else entry.next.previous = entry.previous;

    this.#entries.delete(entry.item);
    const left = this.heldBy(entry.client) - 1;
    if (left === 0) this.#perClient.delete(entry.client);
    else this.#perClient.set(entry.client, left);

    this.#deadlines.remove(entry);
    if (this.size === 0) this.#disarmTimer();
  }

  /**
   * Sees to it that the timer fires no later than the earliest deadline. It may fire earlier, when the
   * one it was set for has left: cheaper than a new timer at each leaving.
   */
  #armTimer(): void {
    const earliest = this.#deadlines.first?.deadline ?? Infinity;
    if (earliest >= this.#timerAt) return;
    this.#disarmTimer();
    this.#timerAt = earliest;
    this.#timer = this.#clock.after(earliest - this.#clock.now(), () => this.#expire());
  }

  #disarmTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = Infinity;
  }

  #expire(): void {
    this.#disarmTimer();
    const now = this.#clock.now();
    try {
      for (let due = this.#deadlines.first; due && due.deadline <= now; due = this.#deadlines.first) {
        this.#detach(due);
        this.#onExpired(due.item, now - due.since);
      }
    } finally {
      this.#armTimer();
    }
  }
}
