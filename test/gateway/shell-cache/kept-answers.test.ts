import { expect, test } from "vitest";
import { KeptAnswer } from "../../../src/gateway/shell-cache/kept-answer.ts";
import { KeptAnswers, MOST_VARIANTS } from "../../../src/gateway/shell-cache/kept-answers.ts";

const answer = (bytes = 10) => new KeptAnswer("", Buffer.alloc(bytes), 0);

test("invented queries of one path do not drive out other files, nor the query that is asked for", () => {
  const kept = new KeptAnswers(100_000);
  kept.set("/other.js", "/other.js", answer());
  kept.set("/app.js", "/app.js", answer());
  for (let each = 0; each < 1000; each++) {
    kept.set("/app.js", `/app.js?x=${each}`, answer());
    kept.get("/app.js");
  }
  const isKept = (key: string): boolean => kept.get(key) !== undefined;
  expect(["/other.js", "/app.js", "/app.js?x=999", "/app.js?x=992"].map(isKept)).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(kept.bytes).toBeLessThan((MOST_VARIANTS + 1) * 700);
});

test("a variant that is kept anew drives out none", () => {
  const kept = new KeptAnswers(100_000);
  for (let each = 0; each < MOST_VARIANTS; each++) kept.set("/a", `/a?${each}`, answer());
  for (let each = 0; each < 100; each++) kept.set("/a", "/a?0", answer());
  expect(kept.get("/a?1")).toBeDefined();
});

test("what is dropped for its size, or with all the rest, makes room for its path", () => {
  const kept = new KeptAnswers(5000);
  for (let each = 0; each < 100; each++) kept.set(`/${each % 3}`, `${each}`, answer(2000));
  kept.set("/huge", "huge", answer(6000));
  expect(kept.get("huge")).toBeUndefined();
  expect(kept.get("99")).toBeDefined();
  kept.clear();
  expect(kept.bytes).toBe(0);
  kept.set("/0", "again", answer());
  expect(kept.get("again")).toBeDefined();
});
