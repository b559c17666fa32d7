import { afterEach, describe, expect, test } from "vitest";
import { parseStart } from "../../src/cli/parse-start.ts";

const zone = process.env["TZ"];

afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

function inBerlin(text: string, now: string): string {
  process.env["TZ"] = "Europe/Berlin";
  return parseStart(text, Date.parse(now));
}

describe("a time of day is the next one of this machine", () => {
  test.each([
    ["later today", "02:00", "2026-01-10T00:30:00Z", "2026-01-10T01:00:00.000Z"],
    ["tomorrow when it has passed", "2:00", "2026-01-10T01:00:00Z", "2026-01-11T01:00:00.000Z"],
    ["across the change to summer time", "03:30", "2026-03-28T20:00:00Z", "2026-03-29T01:30:00.000Z"],
    ["or just after the hour that is left out", "02:30", "2026-03-28T20:00:00Z", "2026-03-29T01:30:00.000Z"],
    ["across the change to winter time", "04:00", "2026-10-24T20:00:00Z", "2026-10-25T03:00:00.000Z"],
    ["at the end of the year", "00:15", "2026-12-31T23:20:00Z", "2027-01-01T23:15:00.000Z"],
  ])("%s", (_title, text, now, start) => {
    expect(inBerlin(text, now)).toBe(start);
  });
});

test.each([
  ["2026-03-01T02:00", "2026-03-01T01:00:00.000Z"],
  ["2028-02-29T00:30", "2028-02-28T23:30:00.000Z"],
  ["2026-07-01 02:00", "2026-07-01T00:00:00.000Z"],
  ["2026-07-01T02:00:00Z", "2026-07-01T02:00:00Z"],
  ["2026-07-01T02:00:00+09:00", "2026-07-01T02:00:00+09:00"],
  ["90m", "90m"],
])("%s is %s for the gateway", (text, start) => {
  expect(inBerlin(text, "2026-01-01T00:00:00Z")).toBe(start);
});

test.each([
  "24:00",
  "2:60",
  "tomorrow",
  "2026-13-01T02:00",
  "2026-02-30T02:00",
  "2027-02-29 02:00",
  "2026-04-31T02:00:00",
  "2026-01-32T02:00",
  "2026-03-00T02:00",
  "",
  "30",
])("%j is refused", (text) => {
  expect(() => inBerlin(text, "2026-01-01T00:00:00Z")).toThrow(/is no time: write 02:00/);
});
