// Answers that are kept while the app is there, for when it is away: the files that make a page come up. Fed beside the
// stream (keeping-tap.ts), from what the active upstream gives to everybody; bounded as a whole, what is being collected
// included. Without `shellCache.paths` there is none, and nothing is looked at.

import type { ShellCacheSettings } from "../../config/settings.ts";
import type { BodyTap } from "../../proxy/body-tap.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import { Glob } from "../../splice/glob.ts";
import type { ServiceContext } from "../service-context.ts";
import { acceptedCodings } from "./accepted-codings.ts";
import { Collecting } from "./collecting.ts";
import { codingOf, isForEverybody, KeptAnswer, mayBeKept } from "./kept-answer.ts";
import { KeepingTap } from "./keeping-tap.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { hasCookies, isPlainPath, sharedKey } from "./shared-request.ts";

// Of `maxBytes`: the rest is for what is being collected, and may not be kept after all.
const KEPT_SHARE = 3 / 4;

export class ShellCache {
  readonly #context: Pick<ServiceContext, "clock" | "settings">;
  readonly #isForAll: (exchange: Exchange) => boolean;
  #settings: ShellCacheSettings = { paths: [], maxBytes: 1 };
  #paths: Glob[] = [];
  #kept: KeptAnswers | null = null;
  readonly #collecting: Collecting;

  /** `isForAll`: whether what this exchange got is what everybody gets, from the active upstream, and for no tester. */
  constructor(
    context: Pick<ServiceContext, "clock" | "settings">,
    isForAll: (exchange: Exchange) => boolean,
  ) {
    this.#context = context;
    this.#isForAll = isForAll;
    this.#collecting = new Collecting(context.clock, () => this.#mostCollected);
    this.configure();
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#kept?.bytes ?? 0;
  }

  configure(): void {
    const before = this.#settings;
    const settings = this.#context.settings.shellCache;
    this.#settings = settings;
    this.#paths = settings.paths.map((path) => new Glob(path));
    if (settings.paths.length === 0) this.#kept = null;
    else if (this.#kept === null || settings.maxBytes !== before.maxBytes) this.#kept = this.#newStore();
    if (settings !== before) this.#collecting.clear();
  }

  /** Another version of the app is active: what the old one gave is not mixed with what it gives. */
  clear(): void {
    this.#kept?.clear();
    this.#collecting.clear();
  }

  /** Null: nothing of this is to be kept. Asked for each request, hence the cheapest question first. */
  tap(exchange: Exchange): BodyTap | null {
    if (this.#kept === null || !this.#isKeepable(exchange.head)) return null;
    const { host } = exchange.head.headers;
    return new KeepingTap({
      collecting: this.#collecting,
      keyOf: (answer) => this.#keyFor(exchange, answer),
      keep: (key, block, body) => {
        const kept = new KeptAnswer(block, body, this.#context.clock.now());
        this.#kept?.set(`${host}${exchange.head.path}`, key, kept);
      },
    });
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

  /** Null: the answer is not to be kept, or is kept already. */
  #keyFor(exchange: Exchange, answer: ResponseHead): string | null {
    if (!this.#isForAll(exchange) || !mayBeKept(answer)) return null;
    if (answer.contentLength > this.#mostCollected) return null;
    const { head } = exchange;
    if (hasCookies(head.headers) && !isForEverybody(answer)) return null;
    const shared = sharedKey(head);
    if (shared === null) return null;
    const key = keyOf(shared, codingOf(answer));
    return this.#kept?.get(key)?.isSame(answer) ? null : key;
  }

  get #mostCollected(): number {
    return Math.floor(this.#settings.maxBytes * (1 - KEPT_SHARE));
  }

  #newStore(): KeptAnswers {
    return new KeptAnswers(Math.max(1, Math.floor(this.#settings.maxBytes * KEPT_SHARE)));
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
