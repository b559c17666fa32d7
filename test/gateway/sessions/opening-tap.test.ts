import { expect, test } from "vitest";
import { OpeningTap } from "../../../src/gateway/sessions/opening-tap.ts";
import { ResponseHead } from "../../../src/proxy/response-head.ts";

test("an answer that comes byte by byte is looked at a few times only, and the next one anew", () => {
  const seen: string[] = [];
  const tap = new OpeningTap((answer) => seen.push(answer) < 0);
  const head = Object.assign(new ResponseHead(), { status: 200 });
  for (const count of [64, 128]) {
    tap.onAnswer(head);
    for (let byte = 0; byte < 1000; byte++) tap.onAnswerBody(Buffer.from("x"));
    expect(seen).toHaveLength(count);
  }
  expect(seen.at(-1)).toHaveLength(64);
});
