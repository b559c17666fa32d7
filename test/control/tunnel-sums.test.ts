import { expect, test } from "vitest";
import { type TunnelEvent, TunnelSums } from "../../src/control/tunnel-sums.ts";
import { ManualClock } from "../support/manual-clock.ts";

type Line = [level: string, message: string, fields: object];

function summing() {
  const clock = new ManualClock();
  const lines: Line[] = [];
  const to = (level: string) => (fields: object, message: string) =>
    void lines.push([level, message, fields]);
  const sums = new TunnelSums({ clock, log: { info: to("info"), warn: to("warn"), error: to("error") } });
  return { clock, lines, sums };
}

const moved = (gapMs: number, service = "chat"): TunnelEvent => ({
  type: "tunnel_moved",
  service,
  protocol: "socket.io",
  upstream: "green",
  gapMs,
});

function givenUp(reason: "unsure" | "refused", detail: string): TunnelEvent {
  return { type: "tunnel_given_up", service: "chat", protocol: "plain", reason, detail };
}

test("500 tunnels moved in a second are one line, with the longest gap", () => {
  const { clock, lines, sums } = summing();
  for (let each = 0; each < 500; each += 1) {
    sums.add(moved(each + 0.4));
    clock.advance(1);
  }
  expect(lines).toEqual([]);
  clock.advance(500);
  expect(lines).toEqual([["info", "tunnels_moved", { service: "chat", moved: 500, longestGapMs: 499 }]]);
});

test("those given up are warned of by reason, each with its last detail", () => {
  const { clock, lines, sums } = summing();
  sums.add(moved(12));
  sums.add(givenUp("unsure", "it spoke 10 ms before"));
  sums.add(givenUp("refused", "upstream green answered 403"));
  sums.add(givenUp("unsure", "it spoke 300 ms before"));
  clock.advance(1_000);
  const details = { unsure: "it spoke 300 ms before", refused: "upstream green answered 403" };
  const fields = { service: "chat", moved: 1, longestGapMs: 12, givenUp: { unsure: 2, refused: 1 }, details };
  expect(lines).toEqual([["warn", "tunnels_given_up", fields]]);
});

test("each service has a line of its own", () => {
  const { clock, lines, sums } = summing();
  sums.add(moved(1));
  sums.add(moved(2, "wiki"));
  clock.advance(1_000);
  expect(lines.map(([, , fields]) => fields)).toMatchObject([{ service: "chat" }, { service: "wiki" }]);
});

test("minutes of moves are a line a second, and nothing is written or waited for behind the last", () => {
  const { clock, lines, sums } = summing();
  for (let each = 0; each < 6_000; each += 1) {
    sums.add(moved(5));
    clock.advance(20);
  }
  clock.advance(1_000);
  expect(lines.length).toBeLessThanOrEqual(120);
  const sum = lines.reduce(
    (total, [, , fields]) => total + ("moved" in fields ? Number(fields.moved) : 0),
    0,
  );
  expect(sum).toBe(6_000);
  expect(clock.pendingTimers).toBe(0);
});

test("at the end what was summed up is written at once", () => {
  const { clock, lines, sums } = summing();
  sums.add(moved(5));
  sums.close();
  sums.close();
  expect(lines).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});
