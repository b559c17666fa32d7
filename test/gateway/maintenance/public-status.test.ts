import { describe, expect, test } from "vitest";

import {
  askingPath,
  healthAnswer,
  publicStatus,
  publicStatusAnswer,
} from "../../../src/gateway/maintenance/public-status.ts";
import type { Mode } from "../../../src/gateway/snapshot.ts";

const hold: Mode = { name: "hold", since: 1, leaseEndsAt: 2, onLeaseEnd: "maintenance", maxWaitMs: 3 };
const maintenance: Mode = {
  name: "maintenance",
  since: 1,
  message: "Version 2.4 is coming.",
  expectedEnd: 5_000,
  retryAfterMs: 10_000,
};
const quiet = {
  automaticHold: false,
  retryAfterMs: 30_000,
  progress: null,
  notice: null,
  language: "en",
} as const;

describe("the public status", () => {
  test("is open only when requests go through", () => {
    expect(publicStatus({ mode: { name: "open" }, ...quiet })).toEqual({
      mode: "open",
      message: null,
      expectedEnd: null,
      retryAfterMs: 30_000,
      progress: null,
      announcement: null,
    });
    expect(publicStatus({ mode: { name: "open" }, ...quiet, automaticHold: true }).mode).toBe("hold");
    expect(publicStatus({ mode: hold, ...quiet }).mode).toBe("hold");
  });

  test("says in maintenance what the operator said, also when the upstream is gone", () => {
    const told = {
      mode: "maintenance",
      message: "Version 2.4 is coming.",
      expectedEnd: 5_000,
      retryAfterMs: 10_000,
      progress: null,
      announcement: null,
    };
    expect(publicStatus({ mode: maintenance, ...quiet })).toEqual(told);
    expect(publicStatus({ mode: maintenance, ...quiet, automaticHold: true })).toEqual(told);
  });

  test("tells strangers nothing of the lease or its bounds", () => {
    expect(Object.keys(publicStatus({ mode: hold, ...quiet }))).toEqual([
      "mode",
      "message",
      "expectedEnd",
      "retryAfterMs",
      "progress",
      "announcement",
    ]);
  });

  test("tells how far an upgrade is, in general words and in the visitor's language", () => {
    const progress = { percent: 42, phase: "converting" } as const;
    const told = { percent: 42, step: "Bringing the data up to date" };
    expect(publicStatus({ mode: hold, ...quiet, progress }).progress).toEqual(told);
    const german = publicStatus({ mode: hold, ...quiet, progress, language: "de" });
    expect(german.progress?.step).toBe("Die Daten werden angepasst");
  });

  test("is answered as JSON that nobody may keep", () => {
    const answer = publicStatusAnswer(publicStatus({ mode: maintenance, ...quiet }));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ "Content-Type": "application/json", "Cache-Control": "no-store" });
    expect(JSON.parse(String(answer.body))).toMatchObject({ mode: "maintenance", expectedEnd: 5_000 });
  });
});

describe("what is announced", () => {
  test("is passed on", () => {
    const notice = { message: "An update at six", at: 1_000, until: null };
    const status = publicStatus({ mode: { name: "open" }, ...quiet, notice });
    expect(status.announcement).toEqual(notice);
  });

  test("has a sentence in the visitor's language for what is announced without words", () => {
    const notice = { message: null, at: 1_000, until: 2_000 };
    const status = publicStatus({ mode: { name: "open" }, ...quiet, notice, language: "de" });
    expect(status.announcement).toEqual({
      message: "Der Dienst steht wegen Wartungsarbeiten eine Weile nicht zur Verfügung.",
      at: 1_000,
      until: 2_000,
    });
  });
});

test.each([
  ["/.holdgate/status", "/"],
  ["/.holdgate/status?", "/"],
  ["/.holdgate/status?path=%2Fapp%2Froom", "/app/room"],
  ["/.holdgate/status?x=1&path=/app", "/app"],
  ["/.holdgate/status?path=app", "/"],
  ["/.holdgate/status?path=%ff", "/"],
])("%s asks for the service of %s", (target, path) => {
  expect(askingPath(target)).toBe(path);
});

test("the gateway's own health is always ok", () => {
  expect(healthAnswer()).toMatchObject({ status: 200, body: "ok\n" });
});
