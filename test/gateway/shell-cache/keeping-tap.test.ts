import { expect, test } from "vitest";
import { Collecting } from "../../../src/gateway/shell-cache/collecting.ts";
import { KeepingTap } from "../../../src/gateway/shell-cache/keeping-tap.ts";
import { ResponseHead } from "../../../src/proxy/response-head.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function setUp(mostBytes = 100) {
  const clock = new ManualClock();
  const kept: string[] = [];
  const collecting = new Collecting(clock, () => mostBytes);
  const tapFor = (key: string, contentLength = -1): KeepingTap => {
    const keep = (_: string, _block: string, body: Buffer): void =>
      void kept.push(`${key}: ${body.toString()}`);
    const tap = new KeepingTap({ collecting, keyOf: () => key, keep });
    tap.onAnswer(Object.assign(new ResponseHead(), { status: 200, contentLength }));
    return tap;
  };
  const finish = (tap: KeepingTap, text: string): void => {
    tap.onAnswerBody(Buffer.from(text));
    tap.onAnswerEnd();
  };
  return { clock, kept, collecting, tapFor, finish };
}

test.each([
  ["as long as announced", 5, ["a: hello"]],
  ["of a length that was not announced", -1, ["a: hello"]],
  ["shorter than announced", 6, []],
  ["longer than announced", 4, []],
])("an answer %s", (_, length, expected) => {
  const { kept, tapFor, finish } = setUp();
  finish(tapFor("a", length), "hello");
  expect(kept).toEqual(expected);
});

test("a file is collected once, unless that stalls", () => {
  const { clock, kept, tapFor, finish } = setUp();
  const slow = tapFor("a");
  slow.onAnswerBody(Buffer.from("slow"));
  clock.advance(4999);
  finish(tapFor("a"), "second");
  expect(kept).toEqual([]);
  clock.advance(1);
  finish(tapFor("a"), "third");
  finish(slow, "ly");
  expect(kept).toEqual(["a: third"]);
});

test("one that trickles gives way too, in the end", () => {
  const { clock, kept, tapFor, finish } = setUp();
  const trickling = tapFor("a");
  for (let second = 0; second < 60; second += 4) {
    trickling.onAnswerBody(Buffer.from("."));
    clock.advance(4000);
  }
  finish(tapFor("a"), "another");
  expect(kept).toEqual(["a: another"]);
});

test("what stalls leaves its memory to other files", () => {
  const { clock, kept, tapFor, finish } = setUp(10);
  tapFor("a").onAnswerBody(Buffer.alloc(10, "a"));
  finish(tapFor("b"), "b");
  expect(kept).toEqual([]);
  clock.advance(5000);
  finish(tapFor("c"), "c".repeat(10));
  expect(kept).toEqual([`c: ${"c".repeat(10)}`]);
});

test("what is dropped is not kept, and its memory is free", () => {
  const { kept, tapFor, finish, collecting } = setUp(10);
  const dropped = tapFor("a");
  dropped.onAnswerBody(Buffer.alloc(10, "a"));
  collecting.clear();
  dropped.onAnswerEnd();
  finish(tapFor("b"), "b".repeat(10));
  expect(kept).toEqual([`b: ${"b".repeat(10)}`]);
});
