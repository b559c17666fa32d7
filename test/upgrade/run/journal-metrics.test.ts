import { expect, test } from "vitest";
import { parseRecord } from "../../../src/upgrade/run/journal-schema.ts";
import { program } from "./support/programs.ts";
import { startedWith } from "./support/run-in-world.ts";

test("the counters of a run's beginning are read again with their last, boundless bucket", () => {
  const latency = [
    { leMs: 30_000, count: 9 },
    { leMs: Infinity, count: 10 },
  ];
  const metrics = { answers: 10, errors: 0, latency, startedAt: 1 };
  const record = { seq: 1, at: "", ...startedWith(program([])), metrics };
  expect(parseRecord(JSON.parse(JSON.stringify(record)))).toEqual({ kind: "record", record });
});
