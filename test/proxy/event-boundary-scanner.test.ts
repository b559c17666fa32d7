import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventBoundaryScanner } from "../../src/proxy/event-boundary-scanner.ts";

/** Whether the stream may be ended behind `text`, which comes byte by byte. */
function mayEndBehind(text: string): boolean {
  const scanner = new EventBoundaryScanner();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1) scanner.scan(bytes, at, at + 1);
  return scanner.atBoundary;
}

describe("an event stream may be ended", () => {
  it.each([
    ["before anything has come", ""],
    ["behind an empty line", "data: x\n\n"],
    ["behind an empty line with CR LF", "data: x\r\n\r\n"],
    ["behind an empty line with CR", "data: x\r\r"],
    ["behind an empty line with mixed line ends", "event: a\r\ndata: x\n\r"],
    ["between the CR and the LF of the empty line", "data: x\r\n\r"],
    ["behind more empty lines than needed", "data: x\n\n\n\n"],
    ["behind a comment that keeps the stream awake", "data: x\n\n: ping\n"],
    ["behind comments and nothing else", ":\n: b\r\n"],
  ])("%s", (_where, text) => expect(mayEndBehind(text)).toBe(true));
});

describe("an event stream may not be ended", () => {
  it.each([
    ["inside a line", "data: x"],
    ["behind a line of an event", "data: x\n"],
    ["behind the CR LF of a line, which is one line end", "data: x\r\n"],
    ["between two lines of an event", "event: a\ndata: x\n"],
    ["behind a comment inside an event", "data: x\n: ping\n"],
    ["inside a comment", ": pi"],
    ["inside a line behind a whole event", "data: x\n\nd"],
  ])("%s", (_where, text) => expect(mayEndBehind(text)).toBe(false));
});

it("gives the same result for any split", () => {
  const pieces = fc.array(fc.constantFrom("data: x", ": c", "é", "\r", "\n", "\r\n", "\n\n"), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(60), { maxLength: 6 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(""));
      const scanner = new EventBoundaryScanner();
      let at = 0;
      for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        const to = Math.min(cut, bytes.length);
        scanner.scan(bytes, at, to);
        at = to;
      }
      expect(scanner.atBoundary).toBe(mayEndBehind(parts.join("")));
    }),
  );
});
