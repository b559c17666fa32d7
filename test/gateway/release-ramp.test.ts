import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ReleaseRamp } from "../../src/gateway/release-ramp.ts";

function answer(ramp: ReleaseRamp, good: number): void {
  for (let count = 0; count < good; count += 1) ramp.good();
}

it("doubles with each full round of good answers", () => {
  const ramp = new ReleaseRamp(8);
  answer(ramp, 7);
  expect(ramp.limit).toBe(8);
  answer(ramp, 1);
  expect(ramp.limit).toBe(16);
  answer(ramp, 15);
  expect(ramp.limit).toBe(16);
  answer(ramp, 1);
  expect(ramp.limit).toBe(32);
});

it("halves on trouble and begins the round anew", () => {
  const ramp = new ReleaseRamp(8);
  answer(ramp, 7);
  ramp.trouble();
  expect(ramp.limit).toBe(4);
  answer(ramp, 3);
  expect(ramp.limit).toBe(4);
  answer(ramp, 1);
  expect(ramp.limit).toBe(8);
});

it("lets at least one through, however bad things are, and recovers from there", () => {
  const ramp = new ReleaseRamp(3);
  for (let count = 0; count < 10; count += 1) ramp.trouble();
  expect(ramp.limit).toBe(1);
  answer(ramp, 1);
  expect(ramp.limit).toBe(2);
});

it("ends at its cap", () => {
  const ramp = new ReleaseRamp(40_000);
  answer(ramp, 200_000);
  expect(ramp.limit).toBe(65_536);
});

it.each([
  [0, 1],
  [-5, 1],
  [2.7, 2],
  [1e9, 65_536],
])("makes a usable limit of %d", (initial, limit) => expect(new ReleaseRamp(initial).limit).toBe(limit));

it("stays a whole number between 1 and its cap whatever happens", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.boolean()), (initial, answers) => {
      const ramp = new ReleaseRamp(initial);
      for (const isGood of answers) {
        if (isGood) ramp.good();
        else ramp.trouble();
        expect(Number.isInteger(ramp.limit) && ramp.limit >= 1 && ramp.limit <= 65_536).toBe(true);
      }
    }),
  );
});
