import { describe, expect, it } from "vitest";

it("passes", () => {
  expect(1).toBe(1);
});

it("passes too", () => {
  expect(2).toBe(2);
});

it("fails", () => {
  expect(1).toBe(2);
});

describe("what needs a browser", () => {
  it("is left out", ({ skip }) => skip("there is no browser"));
  it("is left out as well", ({ skip }) => skip("there is no browser"));
});
