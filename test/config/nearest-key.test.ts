import { describe, expect, it } from "vitest";
import { nearestKey } from "../../src/config/nearest-key.ts";

const KNOWN = ["head", "headers", "maxWait", "maxRequests", "body"];

describe("nearestKey", () => {
  it.each([
    ["maxwait", "maxWait"],
    ["max_wait", "maxWait"],
    ["max-requests", "maxRequests"],
    ["maxRequest", "maxRequests"],
    ["haed", "head"],
    ["header", "headers"],
    ["headers", "headers"],
  ])("%s is taken for %s", (typed, meant) => {
    expect(nearestKey(typed, KNOWN)).toBe(meant);
  });

  it.each(["", "x", "colour", "timeout", "b".repeat(100_000)])("nothing is close to %.20s", (typed) => {
    expect(nearestKey(typed, KNOWN)).toBeUndefined();
  });
});
