import { expect, test } from "vitest";
import { describeReport } from "../../examples/demo/describe-report.ts";
import { Heard } from "../../examples/demo/heard.ts";
import { lossesOf, makeReport } from "../../examples/demo/report.ts";
import { Tally } from "../../examples/demo/tally.ts";

function earThatHeard(...ids: number[]): Heard {
  const ear = new Heard(0);
  for (const id of ids) ear.hear(id);
  return ear;
}

function tallyOf(keys: string[]): Tally {
  const tally = new Tally();
  for (const key of keys) {
    tally.posted(key);
    tally.request("POST").answered();
  }
  return tally;
}

test("when everything was answered, stored and heard once, nothing is lost", () => {
  const stored = [
    { id: 1, key: "a" },
    { id: 2, key: null },
    { id: 3, key: "b" },
  ];
  const tally = tallyOf(["a", "b"]);
  tally.webSocketClosed(1012);
  tally.webSocketBack(1);
  tally.pause(1_234);
  const report = makeReport(tally, stored, [earThatHeard(1, 2, 3)]);
  expect(lossesOf(report)).toEqual([]);
  expect(describeReport(report)).toEqual([
    "requests    2 sent, 2 answered, 0 failed",
    "POSTs       2 sent, 2 stored exactly once, 0 lost, 0 doubled",
    "listeners   1 heard 3 messages each: 0 missed, 0 doubled",
    "WebSockets  1 closed (1 with 1012), 1 back at the first try",
    "streams     0 ended and were resumed",
    "pause       1.2 s at the longest",
    "lost: nothing",
  ]);
});

test("a POST that was answered and not stored is lost, one that was stored twice is doubled", () => {
  const stored = [
    { id: 1, key: "a" },
    { id: 2, key: "a" },
    { id: 3, key: "b" },
  ];
  const { posts } = makeReport(tallyOf(["a", "b", "c"]), stored, []);
  expect(posts).toEqual({ sent: 3, storedOnce: 1, lost: 1, doubled: 1 });
});

test("each kind of loss is named with its count", () => {
  const tally = tallyOf(["a", "b"]);
  tally.request("GET").failed("status 502");
  tally.request("GET").failed("status 502");
  tally.request("poll");
  tally.request("stream").withdrawn();
  tally.webSocketClosed(1006);
  tally.webSocketBack(3);
  const stored = [
    { id: 1, key: "a" },
    { id: 2, key: "a" },
  ];
  const report = makeReport(tally, stored, [earThatHeard(1, 1)]);
  expect(lossesOf(report)).toEqual([
    "2 requests failed",
    "1 requests were never answered",
    "1 posted messages were lost",
    "1 posted messages were stored more than once",
    "1 messages were not heard",
    "1 messages were heard twice",
    "1 WebSockets were not back at the first try",
  ]);
  expect(describeReport(report)).toContain("            2 × GET: status 502");
});

test("waiting for a message ends when it is heard, or when the deadline comes", async () => {
  const ear = new Heard(5);
  await ear.until(5, new AbortController().signal);
  const heard = ear.until(7, new AbortController().signal);
  ear.hear(6);
  ear.hear(7);
  await heard;
  const deadline = new AbortController();
  const late = ear.until(8, deadline.signal);
  deadline.abort();
  await late;
  expect(ear.lastId).toBe(7);
});
