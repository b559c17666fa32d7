// Answers that are kept while the app is there, for when it is away: the files that make a page come up. Fed beside the
// stream (keeping-tap.ts), from what the active upstream gives to everybody; bounded as a whole, what is being collected
// included. Without `shellCache.paths` there is none, and nothing is looked at.

import { LRUCache } from "lru-cache";
import type { ShellCacheSettings } from "../../config/settings.ts";
import type { BodyTap } from "../../proxy/body-tap.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import { Glob } from "../../splice/glob.ts";
import type { ServiceContext } from "../service-context.ts";
import { acceptedCodings } from "./accepted-codings.ts";
import { codingOf, isForEverybody, KeptAnswer, mayBeKept } from "./kept-answer.ts";
import { KeepingTap } from "./keeping-tap.ts";
import { hasCookies, isPlainPath, sharedKey } from "./shared-request.ts";

// Of `maxBytes`: the rest is for what is being collected, and may not be kept after all.
const KEPT_SHARE = 3 / 4;

export class ShellCache {
  readonly #context: Pick<ServiceContext, "clock" | "settings">;
  readonly #isForAll: (exchange: Exchange) => boolean;
  #settings: ShellCacheSettings = { paths: [], maxBytes: 1 };
  #paths: Glob[] = [];
  #kept: LRUCache<string, KeptAnswer> | null = null;
  /** By key, so that a file that a thousand clients ask for at once is collected once. */
  readonly #collecting = new Map<string, KeepingTap>();
  #collectingBytes = 0;

  /** `isForAll`: whether what this exchange got is what everybody gets, from the active upstream, and for no tester. */
  constructor(
    context: Pick<ServiceContext, "clock" | "settings">,
    isForAll: (exchange: Exchange) => boolean,
  ) {
    this.#context = context;
    this.#isForAll = isForAll;
    this.configure();
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#kept?.calculatedSize ?? 0;
  }

  configure(): void {
    const before = this.#settings;
    const settings = this.#context.settings.shellCache;
    this.#settings = settings;
    this.#paths = settings.paths.map((path) => new Glob(path));
    if (settings.paths.length === 0) this.#kept = null;
    else if (this.#kept === null || settings.maxBytes !== before.maxBytes) this.#kept = this.#newStore();
    if (settings !== before) this.#dropCollecting();
  }

  /** Another version of the app is active: what the old one gave is not mixed with what it gives. */
  clear(): void {
    this.#kept?.clear();
    this.#dropCollecting();
  }

  /** Null: nothing of this is to be kept. Asked for each request, hence the cheapest question first. */
  tap(exchange: Exchange): BodyTap | null {
    if (this.#kept === null || !this.#isKeepable(exchange.head)) return null;
    return new KeepingTap(this, exchange);
  }

  /** Answers in the app's stead, if it can. */
  serve(exchange: Exchange): boolean {
    const { head } = exchange;
    if (this.#kept === null || (head.method !== "GET" && head.method !== "HEAD")) return false;
    if (!this.#isNamed(head) || head.webSocket || head.header("authorization") !== undefined) return false;
    const kept = this.#find(head);
    if (!kept) return false;
    exchange.answer(kept.answerTo(head, this.#context.clock.now()));
    return true;
  }

  // From here on: for the taps.

  /** The key under which the answer is collected; null: it is not to be. */
  begin(tap: KeepingTap, exchange: Exchange, answer: ResponseHead): string | null {
    if (!this.#isForAll(exchange) || !mayBeKept(answer)) return null;
    const { head } = exchange;
    if (hasCookies(head.headers) && !isForEverybody(answer)) return null;
    const shared = sharedKey(head);
    if (shared === null) return null;
    const key = keyOf(shared, codingOf(answer));
    if (answer.contentLength > this.#mostCollected || this.#collecting.has(key)) return null;
    // Marked as used: what is asked for most is dropped last.
    if (this.#kept?.get(key)?.isSame(answer)) return null;
    this.#collecting.set(key, tap);
    return key;
  }

  /** False: that is too much. */
  reserve(bytes: number): boolean {
    if (this.#collectingBytes + bytes > this.#mostCollected) return false;
    this.#collectingBytes += bytes;
    return true;
  }

  /** `answer` is null when there will be none. What was reserved is given back. */
  end(tap: KeepingTap, key: string, bytes: number, answer: { head: string; body: Buffer } | null): void {
    this.#collectingBytes -= bytes;
    // Dropped meanwhile: it is of a version that is not active any more.
    if (this.#collecting.get(key) !== tap) return;
    this.#collecting.delete(key);
    if (answer) this.#kept?.set(key, new KeptAnswer(answer.head, answer.body, this.#context.clock.now()));
  }

  get #mostCollected(): number {
    return Math.floor(this.#settings.maxBytes * (1 - KEPT_SHARE));
  }

  #newStore(): LRUCache<string, KeptAnswer> {
    const maxSize = Math.max(1, Math.floor(this.#settings.maxBytes * KEPT_SHARE));
    return new LRUCache({ maxSize, sizeCalculation: (kept, key) => kept.bytes + 2 * key.length });
  }

  #dropCollecting(): void {
    this.#collecting.clear();
  }

  #isNamed({ path }: RequestHead): boolean {
    return this.#paths.some((glob) => glob.matches(path)) && isPlainPath(path);
  }

  #isKeepable(head: RequestHead): boolean {
    if (head.method !== "GET" || !this.#isNamed(head)) return false;
    if (head.header("authorization") !== undefined || head.header("range") !== undefined) return false;
    return !/\bno-store\b/i.test(head.header("cache-control") ?? "");
  }

  #find(head: RequestHead): KeptAnswer | undefined {
    const shared = sharedKey(head);
    if (shared === null) return undefined;
    for (const coding of acceptedCodings(head.header("accept-encoding"))) {
      const kept = this.#kept?.get(keyOf(shared, coding));
      if (kept) return kept;
    }
    return undefined;
  }
}

function keyOf(shared: string, coding: string): string {
  return `${coding} ${shared}`;
}
