import { describe, expect, it } from "vitest";
import { WrongTokens } from "../../../src/admin/tokens/wrong-tokens.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function wrongTokens() {
  const clock = new ManualClock();
  const table = new WrongTokens(clock);
  const times = (count: number, address: string) =>
    Array.from({ length: count }, () => table.count(address)).at(-1);
  return { clock, table, times };
}

describe("wrong tokens from one address", () => {
  it("the first few cost nothing, then each makes a pause twice as long as the one before, up to a minute", () => {
    const { clock, table, times } = wrongTokens();
    expect(times(4, "192.0.2.1")).toEqual({ is: "counted", pauseMs: 0 });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const counted = table.count("192.0.2.1");
      const pauseMs = counted.is === "counted" ? counted.pauseMs : -1;
      pauses.push(pauseMs);
      clock.advance(pauseMs);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("those that come during a pause hear how long it lasts, and do not make it longer", () => {
    const { clock, table, times } = wrongTokens();
    times(6, "192.0.2.1");
    clock.advance(400);
    for (let attempt = 0; attempt < 100; attempt += 1) {
      expect(table.count("192.0.2.1")).toEqual({ is: "paused", retryAfterMs: 600 });
    }
    clock.advance(600);
    expect(table.count("192.0.2.1")).toEqual({ is: "counted", pauseMs: 2000 });
  });

  it("ten quiet minutes, and it begins anew", () => {
    const { clock, table, times } = wrongTokens();
    times(20, "192.0.2.1");
    clock.advance(10 * 60_000);
    expect(table.count("192.0.2.1")).toEqual({ is: "counted", pauseMs: 0 });
  });
});

describe("wrong tokens from many addresses", () => {
  it("each address is counted by itself", () => {
    const { table, times } = wrongTokens();
    times(20, "192.0.2.1");
    expect(table.count("192.0.2.2")).toEqual({ is: "counted", pauseMs: 0 });
    expect(table.count("::ffff:192.0.2.3")).toEqual({ is: "counted", pauseMs: 0 });
    expect(table.count("::ffff:192.0.2.4")).toEqual({ is: "counted", pauseMs: 0 });
  });

  it.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8::1", "2001:db8::2", true],
    ["::1", "::2", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ])("%s and %s are the same network: %s", (first, second, isSame) => {
    const { table, times } = wrongTokens();
    times(20, first);
    expect(table.count(second).is === "paused").toBe(isSame);
  });

  it("no more than 4096 are remembered; the one that was quiet for the longest goes", () => {
    const { table, times } = wrongTokens();
    times(20, "192.0.2.1");
    times(20, "192.0.2.2");
    for (let number = 0; number < 4094; number += 1) {
      table.count(`10.0.${number >> 8}.${number & 255}`);
    }
    table.count("192.0.2.1");
    table.count("198.51.100.1");
    expect(table.addresses).toBe(4096);
    expect(table.count("192.0.2.1").is).toBe("paused");
    expect(table.count("192.0.2.2")).toEqual({ is: "counted", pauseMs: 0 });
  });
});
