import { expect, it } from "vitest";
import { describeDuration } from "../../src/cli/describe-duration.ts";

it.each([
  [-5, "0s"],
  [0, "0s"],
  [40, "0s"],
  [4_250, "4.2s"],
  [9_990, "9.9s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [303_000, "5m 3s"],
  [3_599_999, "59m 59s"],
  [7_800_000, "2h 10m"],
  [273_600_000, "3d 4h"],
])("%d ms reads %s", (durationMs, text) => {
  expect(describeDuration(durationMs)).toBe(text);
});
