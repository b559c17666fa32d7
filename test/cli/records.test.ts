import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { refuse } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

const AT = Date.UTC(2026, 0, 1, 12, 30, 0, 125);

const STARTED = {
  id: 41,
  at: AT,
  type: "hold_started",
  service: "chat",
  data: { leaseMs: 300_000, by: "ops team" },
};
const CHANGED = {
  id: 42,
  at: AT + 1000,
  type: "health_changed",
  service: "chat",
  data: { upstream: "green" },
};
const RELOADED = { id: 43, at: AT + 2000, type: "reconfigured", service: null, data: {} };

const message = (event: { id: number; type: string }): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

describe("holdgate events", () => {
  it("asks for all that was kept and ends when the stream falls silent", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write([STARTED, CHANGED, RELOADED].map(message).join(""));
    });
    expect(await holdgate(["events"])).toEqual({
      code: 0,
      stdout: [
        '2026-01-01 12:30:00.125  hold_started  chat  leaseMs=300000 by="ops team"',
        "2026-01-01 12:30:01.125  health_changed  chat  upstream=green",
        "2026-01-01 12:30:02.125  reconfigured  -",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect(admin.seen[0]?.lastEventId).toBe("0");
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

  it("--follow shows each event as it comes, and fails when the gateway ends the stream", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", async (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(message(STARTED));
      await once(response.end(message(CHANGED)), "finish");
    });
    const { code, stdout, stderr } = await holdgate(["events", "--follow"]);
    expect(stdout.split("\n")).toHaveLength(3);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "holdgate: the gateway ended the event stream: it has stopped or restarts (admin_unreachable)\n",
    });
  });

  it("--follow fails when the stream breaks off", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/events", (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(message(STARTED), () => response.destroy());
    });
    const { code, stdout, stderr } = await holdgate(["events", "--follow"]);
    expect(code).toBe(1);
    expect(stdout).toContain("hold_started");
    expect(stderr).toContain("the event stream broke off");
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
