import * as fc from "fast-check";
import { expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/proxy/engine-options.ts";
import { firstOffence } from "../../src/proxy/head-offence.ts";

const PIECES = ["a", "GET / HTTP/1.1", " ", ":", "\r\n", "\r", "\n", "x".repeat(40)];
const LIMITS = { ...DEFAULT_LIMITS, requestLineBytes: 60, headBytes: 200 };

it("the verdict is the same whether a head comes at once or in pieces, each looked at once", () => {
  const heads = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 });
  fc.assert(
    fc.property(heads, fc.array(fc.nat(300)), (pieces, cuts) => {
      const head = Buffer.from(pieces.join(""));
      let verdict = null;
      let seen = 0;
      for (const end of [...cuts.toSorted((a, b) => a - b), head.length]) {
        const part = head.subarray(0, end);
        verdict ??= firstOffence(part, 0, LIMITS, seen);
        seen = part.length;
      }
      expect(verdict).toEqual(firstOffence(head, 0, LIMITS));
    }),
    { numRuns: 2000 },
  );
});
