// Which of 10 000 buckets a client is in: a canary of 20 % takes 2 000 of them, one of 30 % the same and 1 000 more, so
// a change of the percentage moves only those who have to move. The client's own cookie says it. It is no secret and
// not signed: who picks a bucket picks a version of the app, and harms nobody.
//
// One that has no cookie (yet) is told its bucket with the answer. Until then, and for ever if it keeps no cookies:
// - with a bearer token it is known by that, so that all its requests go one way;
// - with cookies of the app it is known by these, by its address and its program, for ten seconds: long enough for the
//   requests that an open page sends side by side when a canary begins. Not for longer, or a whole office with the
//   same few cookies behind one address would go one way for good;
// - else it is a newcomer. Newcomers take the buckets in an order that is even from the first on (steps of the golden
//   ratio), so that a share of a few clients is right, too, and not only that of many.

import { hash } from "node:crypto";
import type { RequestHead } from "../proxy/request-head.ts";
import { PRIVATE_COOKIES } from "../proxy/request-headers.ts";
import { readCookie, setCookieLine } from "./cookies.ts";

export const BUCKETS = 10_000;

const COOKIE = `${PRIVATE_COOKIES}canary`;
const PREFIX = `${COOKIE}=`;
const WRITTEN = /^(?:0|[1-9]\d{0,3})$/;
/** A share is looked at for days, not for months. */
const LIVES_SECONDS = 30 * 86_400;
/** Prime to BUCKETS, so that each bucket comes once before any comes again. */
const STEP = 6181;
const AGREE_MS = 10_000;
const BEARER = /^bearer /i;

/** What the client's cookie says, or null. */
export function bucketOfCookie(cookies: string | undefined): number | null {
  if (cookies === undefined) return null;
  const value = readCookie(cookies, PREFIX);
  return value !== undefined && WRITTEN.test(value) ? Number(value) : null;
}

/** A header line for the answer. */
export function cookieLine(bucket: number, secure: boolean): string {
  return setCookieLine(COOKIE, String(bucket), LIVES_SECONDS, secure);
}

export class Newcomers {
  #next: number;

  constructor(first = Math.floor(Math.random() * BUCKETS)) {
    this.#next = first;
  }

  /** `now` in milliseconds. */
  bucketFor(head: RequestHead, cookies: string | undefined, now: number): number {
    const authorization = head.header("authorization");
    if (authorization !== undefined && BEARER.test(authorization)) return hashed(authorization);
    if (cookies === undefined) return this.#draw();
    const window = Math.floor(now / AGREE_MS);
    return hashed(`${cookies}\n${head.headers.client}\n${head.header("user-agent") ?? ""}\n${window}`);
  }

  #draw(): number {
    const bucket = this.#next;
    this.#next = (bucket + STEP) % BUCKETS;
    return bucket;
  }
}

function hashed(text: string): number {
  return hash("sha256", text, "buffer").readUInt32BE(0) % BUCKETS;
}
