import { expect, it } from "vitest";
import { describeDuration } from "../../src/cli/describe-duration.ts";

it.each([
  [-5, "0s"],
  [0, "0s"],
  [40, "0s"],
  [4_240, "4.2s"],
  [9_990, "10s"],
  [59_400, "59s"],
  [59_970, "1m"],
  [60_000, "1m"],
  [303_000, "5m 3s"],
  [3_599_000, "59m 59s"],
  [3_599_999, "1h"],
  [7_800_000, "2h 10m"],
  [273_600_000, "3d 4h"],
])("%d ms reads %s", (durationMs, text) => {
  expect(describeDuration(durationMs)).toBe(text);
});
