import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/lib/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0s", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5s", 1500],
    ["1.1s", 1100],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    [250, 250],
    [0, 0],
    [0.4, 0],
  ])("reads %j as %d ms", (input, ms) => {
    expect(parseDuration(input)).toBe(ms);
  });

  it.each([
    "",
    "30",
    "30 s",
    " 30s",
    "30s\n",
    "-30s",
    "1h30m",
    "30S",
    "30 parsecs",
    "1e3s",
    ".5s",
    "99999999999999999d",
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("refuses %j", (input) => {
    expect(parseDuration(input)).toBeUndefined();
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [1, "1ms"],
    [1500, "1500ms"],
    [30_000, "30s"],
    [90_000, "90s"],
    [300_000, "5m"],
    [5_400_000, "90m"],
    [172_800_000, "2d"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("writes any duration so that it parses back to the same", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it("writes any whole number of a unit so that it parses back to the same", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom("ms", "s", "m", "h", "d"), (amount, unit) => {
        const ms = parseDuration(`${amount}${unit}`) ?? Number.NaN;
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
