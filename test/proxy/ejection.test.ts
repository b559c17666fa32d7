import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ejection } from "../../src/proxy/ejection.ts";

/** For how long it is passed over from `now` on. */
function lengthFrom(ejection: Ejection, now: number): number {
  let ms = 0;
  while (ejection.isEjected(now + ms)) ms += 1000;
  return ms;
}

describe("an address whose connections fail", () => {
  it("is passed over for two seconds, then twice as long each time, and a minute at most", () => {
    const ejection = new Ejection();
    const lengths: number[] = [];
    let now = 0;
    for (let times = 0; times < 8; times++) {
      ejection.onConnectFailed(now);
      const ms = lengthFrom(ejection, now);
      lengths.push(ms);
      now += ms;
    }
    expect(lengths).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("counts failures of requests that were on their way together as one", () => {
    const ejection = new Ejection();
    for (const now of [0, 1, 2, 3]) ejection.onConnectFailed(now);
    expect(lengthFrom(ejection, 3)).toBe(2000);
  });

  it("begins with two seconds again once it has answered", () => {
    const ejection = new Ejection();
    ejection.onConnectFailed(0);
    ejection.onConnectFailed(2000);
    ejection.onAnswered();
    ejection.onConnectFailed(6000);
    expect(lengthFrom(ejection, 6000)).toBe(2000);
  });

  it("is back at once when a probe is answered", () => {
    const ejection = new Ejection();
    ejection.onConnectFailed(0);
    expect(ejection.isUnreachable(1)).toBe(true);
    ejection.onConnected();
    expect(ejection.isEjected(1)).toBe(false);
    expect(ejection.isUnreachable(1)).toBe(false);
  });
});

describe("an address that loses answers", () => {
  it("is passed over at the third in a row, and not for being unreachable", () => {
    const ejection = new Ejection();
    ejection.onLost(0);
    ejection.onLost(0);
    expect(ejection.isEjected(0)).toBe(false);
    ejection.onLost(0);
    expect(lengthFrom(ejection, 0)).toBe(2000);
    expect(ejection.isUnreachable(0)).toBe(false);
  });

  it("stays as long as an answer comes in between", () => {
    const ejection = new Ejection();
    for (let times = 0; times < 20; times++) {
      ejection.onLost(times);
      ejection.onLost(times);
      ejection.onAnswered();
    }
    expect(ejection.isEjected(20)).toBe(false);
  });

  it("is not called back by a probe: to connect was not what failed", () => {
    const ejection = new Ejection();
    for (const now of [0, 0, 0]) ejection.onLost(now);
    ejection.onConnected();
    expect(ejection.isEjected(1)).toBe(true);
  });
});

it("whatever happens, nobody is passed over for more than a minute", () => {
  const events = fc.array(fc.tuple(fc.constantFrom("connect", "lost", "answered", "probed"), fc.nat(5000)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(events, (all) => {
      const ejection = new Ejection();
      let now = 0;
      for (const [what, laterMs] of all) {
        now += laterMs;
        if (what === "connect") ejection.onConnectFailed(now);
        else if (what === "lost") ejection.onLost(now);
        else if (what === "answered") ejection.onAnswered();
        else ejection.onConnected();
      }
      return !ejection.isEjected(now + 60_000);
    }),
  );
});
