import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Glob } from "../../src/splice/glob.ts";

it.each([
  ["hello", "hello", true],
  ["hello", "hello you", false],
  ["hello*", "hello you", true],
  ["*you", "hello you", true],
  ['*"type":"auth"*', '{"v":1,"type":"auth","token":"t"}', true],
  ['*"type":"auth"*', '{"type":"author"}', false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["ab*ba", "aba", false],
  ["*", "", true],
  [".+", "x", false],
])("%s on %s: %s", (pattern, text, expected) => {
  expect(new Glob(pattern).matches(text)).toBe(expected);
});

it("means what a regular expression of the same parts means", () => {
  const short = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
  fc.assert(
    fc.property(short, text, (pattern, text) => {
      const same = new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "su");
      expect(new Glob(pattern).matches(text)).toBe(same.test(text));
    }),
  );
});

it("takes a hostile text in one pass", () => {
  const glob = new Glob("*x*x*x*x*x*x*x*x*y");
  const startedAt = performance.now();
  expect(glob.matches("x".repeat(64 * 1024))).toBe(false);
  // A regular expression of the same parts would take years.
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
