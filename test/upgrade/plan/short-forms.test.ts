import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/upgrade/plan/plan.ts";
import { readPlan } from "../../../src/upgrade/plan/read-plan.ts";

const BUILT_INS = { run: "r1", service: "chat", active: "blue", idle: "green" };

function stepOf(step: string, vars = "{}"): Step | undefined {
  const text = `name: x\nvars: ${vars}\ntargets: { app: { container: a }, db: { container: b } }\nsteps:\n  - ${step}\n`;
  return readPlan(text, "up.yaml", { builtIns: BUILT_INS }).steps[0];
}

describe("a short form", () => {
  it.each([
    ["release:", "release: { wait: true }"],
    ["maintenance: on", "maintenance: { on: true }"],
    ["maintenance: off", "maintenance: { on: false }"],
    ["pull: app:2", "pull: { image: app:2 }"],
    ["stop: app", "stop: { targets: [app] }"],
    ["stop: [app, db]", "stop: { targets: [app, db] }"],
    ["pause: app", "pause: { target: app }"],
    ["replace: app", "replace: { target: app, mode: in-place }"],
    ["retire: app", "retire: { target: app, keep: 1 }"],
    ["wait: 30s", 'wait: { for: "30s" }'],
    ["confirm: Ready?", "confirm: { prompt: Ready?, otherwise: pause }"],
    ["announce: Soon", "announce: { message: Soon }"],
    ["candidate: green", 'candidate: { upstream: "${idle}", waitHealthy: 60s }'],
    ["canary: 20", "canary: { percent: 20 }"],
    ["canary: 20%", 'canary: { percent: "20" }'],
    ["canary: off", "canary: { percent: off }"],
    ["cutover:", "cutover: { to: null }"],
    ["cutover: green", "cutover: { to: green, wait: true }"],
    ["http: http://x/", "http: { url: http://x/, method: GET, idempotent: true }"],
    ["command: [make]", "command: { command: [make] }"],
    ["healthy: { docker: app }", "healthy: { all: [{ docker: app }], timeout: 60s, interval: 200ms }"],
    ["run: { like: app }", "run: { target: app }"],
    ["observe: { for: 1m, maxErrorRate: 1% }", 'observe: { for: 1m, maxErrorRate: "0.01" }'],
    [
      "preflight: { noDrift: app, diskFree: 1KiB }",
      "preflight: { noDrift: [app], diskFree: { bytes: 1024 } }",
    ],
  ])("%s means %s", (short, long) => {
    expect(stepOf(short)).toEqual(stepOf(long));
  });
});

describe("a value", () => {
  it("keeps the digits that it was written with", () => {
    expect(stepOf('pull: "app:${version}"', "{ version: 1.10 }")).toMatchObject({ image: "app:1.10" });
    expect(stepOf("run: { like: app, env: { VERSION: 1.10 } }")).toMatchObject({
      run: { env: { VERSION: "1.10" } },
    });
  });

  it("is a number, a switch or a duration also when it comes from a variable", () => {
    const vars = "{ keep: 2, share: 5%, force: true, lease: 90s }";
    expect(stepOf('retire: { target: app, keep: "${keep}" }', vars)).toMatchObject({ keep: 2 });
    expect(stepOf('cutover: { force: "${force}" }', vars)).toMatchObject({ force: true });
    expect(stepOf('hold: { lease: "${lease}" }', vars)).toMatchObject({ leaseMs: 90_000 });
    expect(stepOf('observe: { for: 1m, maxErrorRate: "${share}" }', vars)).toMatchObject({
      observe: { maxErrorRate: 0.05 },
    });
  });

  it("that is compared with JSON keeps its kind", () => {
    const step = stepOf('check: { http: /x, expect: { json: { ok: true, count: 3, version: "3" } } }');
    expect(step).toMatchObject({ checks: [{ json: { ok: true, count: 3, version: "3" } }] });
  });
});

describe("the point of no return", () => {
  it.each([
    ["migrate: { like: app }", { when: "always" }],
    ["migrate: { like: app, kind: expand }", null],
    ["{ migrate: { like: app }, pointOfNoReturn: false }", null],
    ["{ replace: app, pointOfNoReturn: true }", { when: "always" }],
    ["{ replace: app, pointOfNoReturn: { when: migrated } }", { when: "migrated" }],
  ])("of %s is %j", (step, expected) => {
    expect(stepOf(step)?.pointOfNoReturn).toEqual(expected);
  });
});
