import { describe, expect, it } from "vitest";
import { refuse } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

const STARTED = {
  id: 41,
  at: "2026-01-01T12:30:00.125Z",
  type: "hold_started",
  service: "chat",
  data: { leaseMs: 300_000, by: "ops team" },
};
const CHANGED = {
  id: 42,
  at: "2026-01-01T12:30:01.125Z",
  type: "health_changed",
  service: "chat",
  data: { upstream: "green", to: { state: "healthy", checkedAt: 0, reason: null } },
};
const RELOADED = { id: 43, at: "2026-01-01T12:30:02.125Z", type: "reconfigured", service: null, data: {} };

const LINES = [
  '2026-01-01 12:30:00.125  hold_started  chat  leaseMs=300000 by="ops team"',
  "2026-01-01 12:30:01.125  health_changed  chat  upstream=green to.state=healthy to.checkedAt=1970-01-01T00:00:00.000",
  "2026-01-01 12:30:02.125  reconfigured  -",
];

const message = (event: { id: number }): string => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;

describe("holdgate events", () => {
  it("asks for all that was kept and ends when the stream falls silent", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const missed = 'retry: 2000\n\nevent: missed\ndata: {"after":0}\n\n';
      response.write(missed + [STARTED, CHANGED, RELOADED].map(message).join(""));
    });
    expect(await holdgate(["events"])).toEqual({
      code: 0,
      stdout: `${LINES.join("\n")}\n`,
      stderr: "",
    });
    expect(admin.seen[0]?.lastEventId).toBe("0");
  });

  it("fails when the stream breaks off", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(message(STARTED), () => response.destroy());
    });
    const { code, stdout, stderr } = await holdgate(["events"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${LINES[0]}\n` });
    expect(stderr).toContain("the event stream broke off");
  });

  it("prints one JSON document per line with --json", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(message(STARTED) + message(CHANGED));
    });
    const { code, stdout } = await holdgate(["events", "--json"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${JSON.stringify(STARTED)}\n${JSON.stringify(CHANGED)}\n`);
  });
});

describe("holdgate events --follow", () => {
  it("comes back to a stream that ends, from the last event, until the gateway is gone", async () => {
    const { admin, holdgate } = await cliFixture();
    const streams = [message(STARTED), `event: missed\ndata: {"after":41}\n\n${message(CHANGED)}`];
    admin.on("GET /admin/events", (response) => {
      const stream = streams.shift();
      if (stream === undefined) return void response.destroy();
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(stream);
    });
    const { code, stdout, stderr } = await holdgate(["events", "--follow"]);
    expect(code).toBe(1);
    expect(stdout).toBe(`${LINES[0]}\n${LINES[1]}\n`);
    expect(stderr.split("\n")).toEqual([
      "holdgate: the event stream ended; going on from there",
      "holdgate: some events in between are no longer known",
      "holdgate: the event stream ended; going on from there",
      expect.stringMatching(/^holdgate: cannot reach the gateway .* \(admin_unreachable\)$/),
      "",
    ]);
    expect(admin.seen.map(({ lastEventId }) => lastEventId)).toEqual(["0", "41", "42"]);
  });

  it("says when it was spared some of thousands of events", async () => {
    const { admin, holdgate } = await cliFixture();
    const streams = [`${message(STARTED)}event: missed\ndata: {"after":41}\n\n${message(CHANGED)}`];
    admin.on("GET /admin/events", (response) => {
      const stream = streams.shift();
      if (stream === undefined) return void response.destroy();
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(stream);
    });
    const { stdout, stderr } = await holdgate(["events", "--follow"]);
    expect(stdout).toBe(`${LINES[0]}\n${LINES[1]}\n`);
    expect(stderr).toMatch(/^holdgate: some events in between are no longer known\n/);
  });

  it("ends when its reader has gone", async () => {
    const { admin, holdgate } = await cliFixture();
    const left = Promise.withResolvers<void>();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      // Only a write tells a process that its reader has gone, so there have to be more of them.
      const talking = setInterval(() => response.write(message(STARTED)), 20);
      response.on("close", () => {
        clearInterval(talking);
        left.resolve();
      });
    });
    const through = (command: string[]): string[] => ["sh", "-c", `${command.join(" ")} | head -n 1`];
    expect(await holdgate(["events", "--follow"], { through })).toEqual({
      code: 0,
      stdout: `${LINES[0]}\n`,
      stderr: "",
    });
    await left.promise;
  });
});

it("holdgate events tells a refusal like any other verb", async () => {
  const { admin, holdgate } = await cliFixture();
  admin.on("GET /admin/events", (response) => refuse(response, 401, "unauthorized", "a token is needed"));
  const { code, stderr } = await holdgate(["events"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "holdgate: a token is needed (unauthorized)\n" });
});

describe("holdgate audit", () => {
  const cutover = {
    at: "2026-01-01T12:30:00.125Z",
    actor: "deploy",
    from: "127.0.0.1",
    action: "cutover",
    service: "chat",
    outcome: "refused",
    code: "not_healthy",
    version: 7,
    parameters: { force: false },
  };
  const hold = {
    ...cutover,
    at: "2026-01-01T12:29:00.000Z",
    action: "hold",
    outcome: "done",
    code: undefined,
  };

  it("shows who did what, the newest last", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("GET /admin/audit?limit=2", { entries: [cutover, hold] });
    const { code, stdout } = await holdgate(["audit", "--limit", "2"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "TIME                     WHO     FROM       ACTION   SERVICE  OUTCOME               DETAILS",
        "2026-01-01 12:29:00.000  deploy  127.0.0.1  hold     chat     done                  force=false",
        "2026-01-01 12:30:00.125  deploy  127.0.0.1  cutover  chat     refused: not_healthy  force=false",
        "",
      ].join("\n"),
    );
  });

  it("prints the answer as it is with --json", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("GET /admin/audit", { entries: [cutover] });
    const { stdout } = await holdgate(["audit", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ entries: [cutover] });
  });
});
