import { describe, expect, it } from "vitest";
import type { ServiceStatus, TunnelCount, UpstreamStatus } from "../../src/admin/api-types.ts";
import type { WindowStatus } from "../../src/admin/api-types.ts";
import { renderStatus } from "../../src/cli/render-status.ts";
import { newCounters } from "../../src/gateway/counters.ts";
import { serviceStatus, statusAnswer } from "../support/fake-admin.ts";
import { upgradeReport } from "../support/upgrade-report.ts";
import { cliFixture } from "./cli-fixture.ts";

const NOW = Date.UTC(2026, 0, 1);
const plain = (_style: unknown, text: string): string => text;

function upstream(over: Partial<UpstreamStatus>): UpstreamStatus {
  const health = { state: "unknown", checkedAt: null, reason: null, version: null } as const;
  const urls = ["http://10.0.0.2:80"];
  return {
    name: "green",
    urls,
    addresses: [],
    slot: null,
    health,
    inFlight: 0,
    tunnels: 0,
    connects: 0,
    drainingUntil: null,
    ...over,
  };
}

it("a configuration that was refused is told of first", () => {
  const lastError = { at: NOW, reason: "holdgate.yaml:3:5: unknown key" };
  const text = renderStatus({ ...statusAnswer(), config: { loadedAt: 0, lastError } }, NOW, plain);
  expect(text.split("\n")[1]).toMatch(
    /^the configuration of 202[56]-.* is not in force: holdgate\.yaml:3:5: unknown key$/,
  );
});

describe("status for people", () => {
  it("shows a service on one glance", () => {
    expect(renderStatus(statusAnswer(), NOW, plain)).toBe(
      [
        "Holdgate 0.1.0 listens on 0.0.0.0:8080; 5 connections, state version 7",
        "",
        "chat (any host /)",
        "  open; 3 in flight, 12 held, 40 tunnels",
        "  SLOT    UPSTREAM  HEALTH   VERSION  IN FLIGHT  TUNNELS  ADDRESS",
        "  active  blue      healthy  1.4.0    3          40       http://127.0.0.1:3000",
      ].join("\n"),
    );
  });

  it("puts active, candidate and previous before the rest, with health, version and drain", () => {
    const refused = { state: "unhealthy", checkedAt: NOW, reason: "refused", version: null } as const;
    const upstreams = [
      upstream({ name: "spare" }),
      upstream({ name: "old", slot: "previous", inFlight: 2, drainingUntil: NOW + 24_000 }),
      upstream({ name: "next", slot: "candidate", health: refused }),
      upstream({ name: "now", slot: "active" }),
    ];
    const table = renderStatus(statusAnswer(serviceStatus({ upstreams })), NOW, plain)
      .split("\n")
      .slice(4);
    expect(table).toEqual([
      "  SLOT       UPSTREAM  HEALTH               VERSION  IN FLIGHT      TUNNELS  ADDRESS",
      "  active     now       unknown              -        0              0        http://10.0.0.2:80",
      "  candidate  next      unhealthy (refused)  -        0              0        http://10.0.0.2:80",
      "  previous   old       unknown              -        2, cut in 24s  0        http://10.0.0.2:80",
      "  -          spare     unknown              -        0              0        http://10.0.0.2:80",
    ]);
  });
});

describe("status of what is under way, or to come", () => {
  it("shows a canary, and whether it is served", () => {
    const slots = { active: "blue", candidate: "green", previous: null };
    const share = (serving: boolean) => {
      const service = serviceStatus({ slots, canary: { percent: 20, since: NOW, serving } });
      return renderStatus(statusAnswer(service), NOW, plain).split("\n")[4];
    };
    expect(share(true)).toBe("  canary: 20 % of clients go to green");
    expect(share(false)).toBe("  canary: 20 % of clients go to green as soon as it is healthy");
  });

  it("shows an upgrade under way, and what is announced", () => {
    const { steps: _steps, ...run } = upgradeReport({ percent: 40, step: "Pull app:2" });
    const announcement = { message: "An update at six", at: NOW + 600_000 };
    const [service] = statusAnswer().services.map((each) => ({ ...each, upgrade: run, announcement }));
    if (!service) throw new Error("there is no service");
    const lines = renderStatus({ ...statusAnswer(), services: [service] }, NOW, plain).split("\n");
    expect(lines).toContain("  upgrade 20260101-000000-aaaa (chat): running, 40 %, Pull app:2");
    expect(lines).toContain("  announced, in 10m: “An update at six”");
  });

  it("shows the maintenance that is planned, and when the one that runs ends", () => {
    const window = {
      startsAt: NOW + 600_000,
      endsAt: NOW + 2_400_000,
      message: null,
      phase: "announced",
    } as const;
    const rendered = (change: Partial<WindowStatus>): string => {
      const services = statusAnswer().services.map((each) => ({ ...each, window: { ...window, ...change } }));
      return renderStatus({ ...statusAnswer(), services }, NOW, plain);
    };
    expect(rendered({})).toMatch(
      / {2}maintenance planned for \d{4}-\d\d-\d\d \d\d:\d\d, in 10m, for 30m \(users are told\)$/m,
    );
    expect(rendered({ phase: "running", message: "New disks" })).toContain(
      "  the window ends by itself in 40m: “New disks”",
    );
  });

  it("says how long a hold lasts, and that an upstream is away", () => {
    const mode = {
      name: "hold",
      since: NOW - 12_000,
      leaseEndsAt: NOW + 288_000,
      onLeaseEnd: "maintenance",
      maxWaitMs: 30_000,
    } as const;
    const service = serviceStatus({ mode, automaticHoldSince: NOW - 2_000, releaseLimit: 16 });
    expect(renderStatus(statusAnswer(service), NOW, plain).split("\n")[3]).toBe(
      "  in hold for 12s, lease ends in 4m 48s, then maintenance; upstream unreachable for 2s; " +
        "3 in flight, 12 held, 40 tunnels; releasing, at most 16 at once",
    );
  });
});

it("status for people shows how each webhook does", () => {
  const webhook = {
    name: "team",
    to: "https://hooks.example.com",
    state: "retrying",
    queued: 3,
    sent: 12,
    failed: 1,
    dropped: 0,
    lastSuccessAt: NOW - 180_000,
    lastFailureAt: NOW - 5_000,
    lastFailure: "answered 500",
  } as const;
  const lines = renderStatus({ ...statusAnswer(), webhooks: [webhook] }, NOW, plain).split("\n");
  expect(lines.at(-1)).toBe(
    "webhook team (https://hooks.example.com): retrying, 3 waiting, 12 sent, the last 3m ago, 1 given up, " +
      "failed 5s ago: answered 500",
  );
});

it("status for people shows the message of a maintenance, and when it should end or should have ended", () => {
  const mode = {
    name: "maintenance",
    since: NOW - 60_000,
    message: "Moving",
    retryAfterMs: 30_000,
  } as const;
  const lines = (expectedEnd: number | null): string[] =>
    renderStatus(statusAnswer(serviceStatus({ mode: { ...mode, expectedEnd } })), NOW, plain).split("\n");
  expect(lines(null)[3]).toMatch(/^ {2}in maintenance for 1m; /);
  expect(lines(NOW + 600_000)[3]).toMatch(/^ {2}in maintenance for 1m, expected to end in 10m; /);
  expect(lines(NOW - 5_000)[3]).toMatch(/^ {2}in maintenance for 1m, expected to have ended 5s ago; /);
  expect(lines(null)[4]).toBe("  “Moving”");
});

describe("status for people, of tunnels that are moved,", () => {
  const tunnelsBy: TunnelCount[] = [
    { policy: "splice", protocol: "plain", count: 20 },
    { policy: "splice", protocol: "socket.io", count: 470 },
    { policy: "reconnect", protocol: "socket.io", count: 10 },
    { policy: "reconnect", protocol: null, count: 300 },
  ];
  const givenUp = { ...newCounters().givenUp, refused: 2, unsure: 10 };
  const spliced = { counters: { ...newCounters(), spliced: 1200, givenUp, unsureKept: 3 } };
  const lineOf = (over: Partial<ServiceStatus>, style = plain): string[] =>
    renderStatus(statusAnswer(serviceStatus(over)), NOW, style)
      .split("\n")
      .filter((line) => line.includes("spliced"));

  it("says what they speak, how many are parked, and what became of the rest", () => {
    expect(lineOf({ tunnelsBy, parked: 500, ...spliced })).toEqual([
      "  spliced: 480 socket.io, 20 plain; 500 parked; 1200 moves, 12 given up (10 unsure, 2 refused), 3 kept unsure",
    ]);
  });

  it("leaves out what there is none of", () => {
    expect(lineOf({})).toEqual([]);
    expect(lineOf({ tunnelsBy: [{ policy: "splice", protocol: "mqtt", count: 1 }] })).toEqual([
      "  spliced: 1 mqtt",
    ]);
    expect(lineOf({ counters: { ...newCounters(), spliced: 1 } })).toEqual(["  spliced: 1 move"]);
  });

  it("colours what is not as it should be", () => {
    const marked = (style: unknown, text: string): string => `<${String(style)}>${text}`;
    expect(lineOf({ tunnelsBy, parked: 1, ...spliced }, marked)[0]).toContain(
      "; <yellow>1 parked; 1200 moves, <red>12 given up",
    );
  });
});

describe("holdgate status", () => {
  it("shows several services apart, or only the one that is named", async () => {
    const { admin, holdgate } = await cliFixture();
    const wiki = serviceStatus({ name: "wiki", hosts: ["wiki.test", "*.wiki.test"], paths: ["/w", "/api"] });
    admin.answer("GET /admin/status", statusAnswer(serviceStatus(), wiki));
    const all = await holdgate(["status"]);
    expect(all.stdout).toContain("\n\nchat (any host /)\n");
    expect(all.stdout).toContain("\n\nwiki (wiki.test, *.wiki.test /w, /api)\n");
    const one = await holdgate(["status", "--service", "wiki"]);
    expect(one.stdout).not.toContain("chat");
    expect(await holdgate(["status", "--service", "shop"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "holdgate: there is no service shop; configured: chat, wiki (unknown_service)\n",
    });
  });

  it("prints the answer as it is with --json", async () => {
    const { holdgate } = await cliFixture();
    const { stdout } = await holdgate(["status", "--json"]);
    expect(JSON.parse(stdout)).toEqual(statusAnswer());
  });

  it("uses colour where it is wanted only", async () => {
    const { holdgate } = await cliFixture();
    const plainRun = await holdgate(["status"]);
    expect(plainRun.stdout).not.toContain("\x1b");
    const coloured = await holdgate(["status"], { env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\x1b[32mopen");
  });
});
