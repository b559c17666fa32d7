// One webhook: its posts in the order of the events, one at a time, each tried again until it is taken or given up.
//
//   idle ──post──▶ sending ──2xx──▶ (the next, or idle)
//                   ▲   │ 410 ──────▶ stopped, until the config says something else
//     after a while │   ▼
//                  retrying ──retries used up──▶ given up, the next

import { isDeepStrictEqual } from "node:util";
import type { WebhookSecrets } from "../config/webhook-secrets.ts";
import type { WebhookSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { sleep } from "../lib/sleep.ts";
import { bodyOf, type Told } from "./body-of.ts";
import { deliver, type Delivery } from "./deliver.ts";
import { signedHeaders } from "./sign-post.ts";

export interface Post {
  /** The same at each attempt: receivers tell repetitions by it. */
  id: string;
  event: Told;
}

export interface WebhookStatus {
  name: string;
  /** Without what follows the host, which may be secret. */
  to: string;
  state: "idle" | "sending" | "retrying" | "stopped";
  queued: number;
  sent: number;
  /** Posts that were given up. */
  failed: number;
  /** Posts that had no place any more. */
  dropped: number;
  /** Milliseconds since 1970; null: never. */
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  /** Of the last attempt that failed. */
  lastFailure: string | null;
}

export type WebhookTrouble =
  | { type: "webhook_failed"; event: string; reason: string; attempts: number }
  | { type: "webhook_stopped" }
  /** Once, until there is room again. */
  | { type: "webhook_dropping" };

export interface WebhookOptions {
  clock: Clock;
  /** Between 0 and 1. */
  random: () => number;
  onTrouble: (trouble: WebhookTrouble) => void;
}

export type Target = WebhookSettings & WebhookSecrets;

/** Of one webhook, the one on its way included. */
export const MOST_QUEUED = 200;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #queue: Post[] = [];
  /** Cuts a wait short: new settings, or the end. */
  #wake = new AbortController();
  readonly #cut = new AbortController();
  #target: Target;
  #state: WebhookStatus["state"] = "idle";
  #counts = { sent: 0, failed: 0, dropped: 0 };
  #last: Pick<WebhookStatus, "lastSuccessAt" | "lastFailureAt" | "lastFailure"> = {
    lastSuccessAt: null,
    lastFailureAt: null,
    lastFailure: null,
  };
  #isDropping = false;
  #isClosing = false;
  #working: Promise<void> = Promise.resolve();

  constructor(target: Target, options: WebhookOptions) {
    this.#target = target;
    this.#options = options;
  }

  get target(): Target {
    return this.#target;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** What waits goes there from now on; a receiver that wanted no more is asked again. */
  configure(target: Target): void {
    if (this.#state === "stopped") this.#state = "idle";
    // A reload for the sake of something else must not use up retries.
    if (isDeepStrictEqual(target, this.#target)) return;
    this.#target = target;
    this.#wake.abort();
  }

  add(post: Post): void {
    if (this.#state === "stopped" || this.#isClosing) return;
    if (this.#queue.length >= MOST_QUEUED) this.#dropOldest();
    else this.#isDropping = false;
    this.#queue.push(post);
    if (this.#state !== "idle") return;
    this.#state = "sending";
    this.#working = this.#work();
  }

  status(): WebhookStatus {
    const { name, url } = this.#target;
    const counted = { queued: this.#queue.length, ...this.#counts };
    return { name, to: new URL(url).origin, state: this.#state, ...counted, ...this.#last };
  }

  /** One attempt beside the queue. */
  async try(post: Post): Promise<Delivery> {
    const delivery = await this.#attempt(post);
    this.#remember(delivery);
    return delivery;
  }

  /** Takes no more, and tries once more what waits. Resolves when nothing does. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#wake.abort();
    return this.#working;
  }

  /** Breaks off what is under way. */
  destroy(): void {
    this.#isClosing = true;
    this.#queue.length = 0;
    this.#cut.abort();
    this.#wake.abort();
  }

  async #work(): Promise<void> {
    for (let post = this.#queue[0]; post; post = this.#queue[0]) {
      await this.#send(post);
      // It may have been emptied meanwhile.
      if (this.#queue[0] === post) this.#queue.shift();
    }
    if (this.#state !== "stopped") this.#state = "idle";
  }

  async #send(post: Post): Promise<void> {
    for (let attempts = 1; !this.#cut.signal.aborted; attempts++) {
      this.#state = "sending";
      const isLast = this.#isClosing || attempts > this.#target.retries;
      const delivery = await this.#attempt(post);
      if (this.#cut.signal.aborted) return;
      this.#remember(delivery);
      if (delivery.outcome === "delivered") return void this.#counts.sent++;
      if (delivery.outcome === "gone") return this.#stop();
      if (isLast) {
        this.#counts.failed++;
        const { reason } = delivery;
        return this.#options.onTrouble({ type: "webhook_failed", event: post.event.type, reason, attempts });
      }
      this.#state = "retrying";
      await this.#pause(Math.max(this.#backOff(attempts), delivery.retryAfterMs));
    }
  }

  #attempt({ id, event }: Post): Promise<Delivery> {
    const { clock } = this.#options;
    const { url, key, timeoutMs, format } = this.#target;
    const body = bodyOf(event, format);
    const headers = signedHeaders(key, { id, body, wallMs: clock.wall() });
    return deliver({ url, headers, body, timeoutMs, clock, signal: this.#cut.signal });
  }

  #remember(delivery: Delivery): void {
    const now = this.#options.clock.wall();
    if (delivery.outcome === "delivered") this.#last.lastSuccessAt = now;
    else {
      const lastFailure = delivery.outcome === "gone" ? "answered 410" : delivery.reason;
      this.#last = { ...this.#last, lastFailureAt: now, lastFailure };
    }
  }

  #stop(): void {
    this.#counts.dropped += this.#queue.length;
    this.#queue.length = 0;
    this.#state = "stopped";
    this.#options.onTrouble({ type: "webhook_stopped" });
  }

  /** The oldest that waits; the one before it is on its way. */
  #dropOldest(): void {
    this.#queue.splice(1, 1);
    this.#counts.dropped++;
    if (this.#isDropping) return;
    this.#isDropping = true;
    this.#options.onTrouble({ type: "webhook_dropping" });
  }

  /** Half of it by chance, so that the gateways of a receiver that was away do not come back at one time. */
  #backOff(attempts: number): number {
    const fullMs = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
    return fullMs / 2 + (fullMs / 2) * this.#options.random();
  }

  async #pause(durationMs: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.#isClosing) return;
    try {
      await sleep(this.#options.clock, durationMs, this.#wake.signal);
    } catch {
      // Woken: the next attempt comes at once.
    }
  }
}
