import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatByteSize, parseByteSize } from "../../src/lib/byte-size.ts";

describe("parseByteSize", () => {
  it.each([
    ["512B", 512],
    ["512", 512],
    ["64KiB", 65_536],
    ["8MiB", 8_388_608],
    ["2GiB", 2_147_483_648],
    ["1TiB", 1_099_511_627_776],
    ["0.5KiB", 512],
    ["64KB", 64_000],
    ["64kB", 64_000],
    ["1.1GB", 1_100_000_000],
    [1024, 1024],
    [0, 0],
  ])("reads %j as %d bytes", (input, bytes) => {
    expect(parseByteSize(input)).toBe(bytes);
  });

  it.each(["", "KiB", "64K", "64kib", "64 KiB", "-1KiB", "1.5", "1.5B", "9999999TiB", 1.5, -1, Number.NaN])(
    "refuses %j",
    (input) => {
      expect(parseByteSize(input)).toBeUndefined();
    },
  );
});

describe("formatByteSize", () => {
  it.each([
    [0, "0B"],
    [1000, "1000B"],
    [65_536, "64KiB"],
    [8_388_608, "8MiB"],
    [1_099_511_627_776, "1TiB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text);
  });

  it("writes any size so that it parses back to the same", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(40), (mantissa, shift) => {
        const bytes = Math.floor(mantissa / 2 ** shift) * 2 ** Math.min(shift, 12);
        fc.pre(Number.isSafeInteger(bytes));
        expect(parseByteSize(formatByteSize(bytes))).toBe(bytes);
      }),
    );
  });
});
