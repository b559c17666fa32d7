import { BlockList } from "node:net";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKETS, bucketOfCookie, cookieLine, Newcomers } from "../../src/gateway/client-bucket.ts";
import { readCookie } from "../../src/gateway/cookies.ts";
import { parseRequestHead, RequestHead } from "../../src/proxy/request-head.ts";

const anybody = headWith("");

function headWith(lines: string): RequestHead {
  const peer = { address: "192.0.2.1", trusted: false, secure: false };
  const context = { peer, trustedProxies: new BlockList(), maxHeaders: 100 };
  const head = parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 1000, context, null);
  if (head instanceof RequestHead) return head;
  throw new Error(head.detail);
}

describe("newcomers", () => {
  test("take each bucket once before any bucket comes again, wherever they begin", () => {
    fc.assert(
      fc.property(fc.nat(BUCKETS - 1), (first) => {
        const newcomers = new Newcomers(first);
        const taken = Array.from({ length: BUCKETS }, () => newcomers.bucketFor(anybody, undefined, 0));
        expect(new Set(taken).size).toBe(BUCKETS);
        expect(Math.max(...taken)).toBe(BUCKETS - 1);
      }),
      { numRuns: 5 },
    );
  });

  test("are spread evenly over any share from the first hundred on", () => {
    fc.assert(
      fc.property(
        fc.nat(BUCKETS - 1),
        fc.nat(BUCKETS - 1),
        fc.integer({ min: 1, max: 99 }),
        (first, turn, percent) => {
          const newcomers = new Newcomers(first);
          let inShare = 0;
          for (let client = 0; client < 1000; client++) {
            const position = (newcomers.bucketFor(anybody, undefined, 0) + turn) % BUCKETS;
            if (position < percent * 100) inShare++;
          }
          expect(Math.abs(inShare - percent * 10)).toBeLessThanOrEqual(10);
        },
      ),
    );
  });

  test("with a bearer token are always in the same bucket; those with a password of all are not known by it", () => {
    const bearer = headWith("Authorization: Bearer abc\r\n");
    const basic = headWith("Authorization: Basic YTpi\r\n");
    expect(new Newcomers().bucketFor(bearer, undefined, 0)).toBe(
      new Newcomers().bucketFor(bearer, "a=b", 99_999),
    );
    const newcomers = new Newcomers();
    expect(newcomers.bucketFor(basic, undefined, 0)).not.toBe(newcomers.bucketFor(basic, undefined, 0));
  });
});

describe("the cookie", () => {
  test("comes back as the bucket that it was made of", () => {
    fc.assert(
      fc.property(fc.nat(BUCKETS - 1), (bucket) => {
        const [, pair] = /^Set-Cookie: ([^;]+);/.exec(cookieLine(bucket, false)) ?? [];
        expect(bucketOfCookie(`a=b; ${pair}; c=d`)).toBe(bucket);
      }),
    );
  });

  test("is Secure where the client speaks https", () => {
    expect(cookieLine(7, true)).toBe(
      "Set-Cookie: holdgate_canary=7; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure\r\n",
    );
  });
});

test.each([
  ["a=1", "1"],
  ["b=2; a=1", "1"],
  ["b=2;a=1 ;c=3", "1"],
  ["a=", ""],
  ["ba=2; a=1; a=3", "1"],
  ["ba=2", undefined],
  ["b=a=1", undefined],
  ["", undefined],
])("of the cookies %j, a is %j", (cookies, value) => {
  expect(readCookie(cookies, "a=")).toBe(value);
});
