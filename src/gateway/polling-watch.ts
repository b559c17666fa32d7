// Reads what Socket.IO clients say by HTTP long-polling, where their tunnels may have to be moved: most of them open
// and join their namespaces there, before a WebSocket takes over (socket-io-polling.ts).
//
//   a poll without sid is answered ─▶ idle ◀── requests ──▶ busy ── not understood, or not delivered ─┐
//                                      └── for a minute: it has a tunnel now, or has ended ────────────┴─▶ forgotten

import type { WebSocketSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { BodyTap } from "../proxy/body-tap.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import type { ResponseHead } from "../proxy/response-head.ts";
import type { PolledSessions } from "../splice/protocols/socket-io-polling.ts";
import { isSpliced, protocolOf } from "./tunnel-policies.ts";

export interface PollingWatchOptions {
  clock: Clock;
  polled: PolledSessions;
  settings: () => WebSocketSettings;
}

interface Poll {
  /** Null: it opens a session. */
  readonly sid: string | null;
  readonly isPost: boolean;
}

const LARGEST_BODY_BYTES = 1_048_576;
/** Of the bodies that are under way; who is slow to send them must not fill the memory. */
const MOST_BYTES = 33_554_432;
/** Between two polls of a live session lie milliseconds. */
const IDLE_MS = 60_000;
const ENCODED = /^content-encoding:/imu;

export class PollingWatch {
  readonly #clock: Clock;
  readonly #polled: PolledSessions;
  readonly #settings: () => WebSocketSettings;
  /** Requests under way, by session. */
  readonly #busy = new Map<string, number>();
  /** Since when there are none, the oldest first. */
  readonly #idle = new Map<string, number>();
  #seen: WebSocketSettings | null = null;
  #mayBeSpliced = false;
  #bytes = 0;

  constructor({ clock, polled, settings }: PollingWatchOptions) {
    this.#clock = clock;
    this.#polled = polled;
    this.#settings = settings;
  }

  /** Null: there is nothing to be learnt from this request. Asked for each one, hence the cheapest questions first. */
  tap(head: RequestHead): BodyTap | null {
    if (!this.#isAnythingSpliced() || !head.target.includes("transport=polling")) return null;
    const poll = readPoll(head);
    if (poll === null || !this.#isWatched(head.path)) return null;
    const { sid, isPost } = poll;
    if (sid === null) return isPost ? null : new PollTap(this, null);
    if (this.#polled.of(sid) === null) return null;
    this.#begin(sid);
    return isPost ? new PostTap(this, sid) : new PollTap(this, sid);
  }

  // From here on: for the taps.

  /** False: that is too much. */
  reserve(bytes: number): boolean {
    if (this.#bytes + bytes > MOST_BYTES) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }

  onPosted(sid: string, body: string): void {
    this.#polled.posted(sid, body);
  }

  onAnswered(sid: string | null, body: string): void {
    if (sid !== null) return this.#polled.answered(sid, body);
    this.#releaseIdle();
    const opened = this.#polled.opened(body);
    if (opened !== null) this.#rest(opened);
  }

  /** `isLost`: something was said that was not understood, or may not have arrived. */
  onOver(sid: string, isLost: boolean): void {
    if (isLost) this.#polled.forget(sid);
    const left = (this.#busy.get(sid) ?? 1) - 1;
    if (left > 0) return void this.#busy.set(sid, left);
    this.#busy.delete(sid);
    if (this.#polled.of(sid) !== null) this.#rest(sid);
  }

  #begin(sid: string): void {
    this.#idle.delete(sid);
    this.#busy.set(sid, (this.#busy.get(sid) ?? 0) + 1);
  }

  #rest(sid: string): void {
    this.#idle.delete(sid);
    this.#idle.set(sid, this.#clock.now());
  }

  #releaseIdle(): void {
    const latest = this.#clock.now() - IDLE_MS;
    for (const [sid, since] of this.#idle) {
      if (since > latest) return;
      this.#idle.delete(sid);
      this.#polled.forget(sid);
    }
  }

  #isAnythingSpliced(): boolean {
    const settings = this.#settings();
    if (settings === this.#seen) return this.#mayBeSpliced;
    this.#seen = settings;
    const all = [settings, ...Object.values(settings.paths)];
    this.#mayBeSpliced = all.some((each) => each.onCutover === "splice" || each.onUpstreamLoss === "splice");
    return this.#mayBeSpliced;
  }

  #isWatched(path: string): boolean {
    const settings = this.#settings();
    const { name } = protocolOf(settings, path);
    return (name === "auto" || name === "socket.io") && isSpliced(settings, path);
  }
}

/** Null: no request of Engine.IO 4. */
function readPoll({ method, target }: RequestHead): Poll | null {
  const query = new URLSearchParams(target.slice(target.indexOf("?") + 1));
  if (query.get("EIO") !== "4" || query.get("transport") !== "polling") return null;
  const sid = query.get("sid") || null;
  if (method === "GET") return { sid, isPost: false };
  return method === "POST" ? { sid, isPost: true } : null;
}

/** What a poll brings counts when it is whole. */
class PollTap implements BodyTap {
  readonly #watch: PollingWatch;
  readonly #sid: string | null;
  readonly #body: Body;
  #isLost = false;

  constructor(watch: PollingWatch, sid: string | null) {
    this.#watch = watch;
    this.#sid = sid;
    this.#body = new Body(watch);
  }

  onSent(): void {}
  onRequestBody(): void {}
  onRequestEnd(): void {}

  onAnswer({ status, block }: ResponseHead): void {
    this.#isLost = true;
    if (!isGood(status) || ENCODED.test(block)) this.#body.refuse();
  }

  onAnswerBody(piece: Buffer): void {
    this.#body.add(piece);
  }

  onAnswerEnd(): void {
    const text = this.#body.take();
    this.#isLost = text === null;
    if (text) this.#watch.onAnswered(this.#sid, text);
  }

  onOver(): void {
    this.#body.refuse();
    if (this.#sid !== null) this.#watch.onOver(this.#sid, this.#isLost);
  }
}

/**
 * What a post says counts as soon as it is sent: what comes of it may come by the poll that is open beside it, before
 * the post's own answer.
 */
class PostTap implements BodyTap {
  readonly #watch: PollingWatch;
  readonly #sid: string;
  #body: Body;
  #isGood = false;
  #isLost = false;

  constructor(watch: PollingWatch, sid: string) {
    this.#watch = watch;
    this.#sid = sid;
    this.#body = new Body(watch);
  }

  onSent(): void {
    this.#isLost = true;
    this.#body.refuse();
    this.#body = new Body(this.#watch);
  }

  onRequestBody(piece: Buffer): void {
    this.#body.add(piece);
  }

  onRequestEnd(): void {
    const text = this.#body.take();
    if (text) this.#watch.onPosted(this.#sid, text);
    this.#isGood = text !== null;
  }

  onAnswer({ status }: ResponseHead): void {
    this.#isLost = !this.#isGood || !isGood(status);
  }

  onAnswerBody(): void {}
  onAnswerEnd(): void {}

  onOver(): void {
    this.#body.refuse();
    this.#watch.onOver(this.#sid, this.#isLost);
  }
}

/** One body as it comes, within bounds. */
class Body {
  readonly #watch: PollingWatch;
  #pieces: Buffer[] | null = [];
  #bytes = 0;

  constructor(watch: PollingWatch) {
    this.#watch = watch;
  }

  add(piece: Buffer): void {
    if (this.#pieces === null) return;
    const isTooMuch = this.#bytes + piece.length > LARGEST_BODY_BYTES || !this.#watch.reserve(piece.length);
    if (isTooMuch) return this.refuse();
    this.#bytes += piece.length;
    this.#pieces.push(Buffer.from(piece));
  }

  /** Null: it could not be read. */
  take(): string | null {
    const text = this.#pieces && Buffer.concat(this.#pieces).toString();
    this.refuse();
    return text;
  }

  /** Whatever else comes of it is not kept. */
  refuse(): void {
    this.#watch.giveBack(this.#bytes);
    this.#pieces = null;
    this.#bytes = 0;
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}
