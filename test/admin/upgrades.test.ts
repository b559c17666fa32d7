import { describe, expect, it } from "vitest";
import { z } from "zod";
import { acceptedAnswer } from "../../src/admin/schemas/upgrade-schemas.ts";
import { upgradeReport } from "../support/upgrade-report.ts";
import { openAdmin, TWO_SERVICES } from "./support/open-admin.ts";

const PLAN = "name: release-2\nservice: chat\nsecrets: { key: topsecret }\nsteps: []\n";
const { id } = upgradeReport();

async function openWithRunner(config?: string) {
  const admin = await openAdmin(config);
  const runner = await listenAsRunner(admin, "plans");
  return { ...admin, runner };
}

/** Reads the stream of orders; each call gives what came since. */
async function listenAsRunner(
  { call }: Pick<Awaited<ReturnType<typeof openAdmin>>, "call">,
  accepts: string,
) {
  const response = await call("GET", `/admin/runner?accepts=${accepts}`);
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const read = async () => decoder.decode((await reader?.read())?.value);
  expect(await read()).toBe("retry: 2000\n\n");
  return { read, leave: () => reader?.cancel() };
}

describe("POST /admin/upgrades", () => {
  it("is 409 without a runner", async () => {
    const { refused } = await openAdmin();
    const { status, body } = await refused("POST", "/admin/upgrades", { body: { plan: PLAN } });
    expect(status).toBe(409);
    expect(body.code).toBe("no_runner");
  });

  it("hands the plan to the runner, and says under which id", async () => {
    const { json, runner } = await openWithRunner();
    const body = { plan: PLAN, vars: { version: "2" } };
    const answer = await json("POST", "/admin/upgrades", { body });
    expect(answer.status).toBe(202);
    const accepted = acceptedAnswer.parse(answer.body);
    expect(accepted.report).toMatchObject({ name: "release-2", service: "chat", state: "running" });
    const order = { order: "run", id: accepted.id, name: "release-2", service: "chat", ...body };
    expect(await runner.read()).toBe(`data: ${JSON.stringify(order)}\n\n`);
  });

  it("does so once for each Idempotency-Key", async () => {
    const { json, upgrades } = await openWithRunner();
    const request = { body: { plan: PLAN }, headers: { "Idempotency-Key": "one" } };
    const first = await json("POST", "/admin/upgrades", request);
    const second = await json("POST", "/admin/upgrades", request);
    expect(second.body).toEqual(first.body);
    expect(upgrades.list()).toHaveLength(1);
  });

  it("does not when the state has moved since it was read", async () => {
    const { refused, upgrades, control } = await openWithRunner();
    const headers = { "If-Match": `"${control.state.version + 1}"` };
    const answer = await refused("POST", "/admin/upgrades", { body: { plan: PLAN }, headers });
    expect(answer).toMatchObject({ status: 412, body: { code: "state_moved" } });
    expect(upgrades.list()).toEqual([]);
  });

  it("needs to know the service when there are several", async () => {
    const { refused } = await openWithRunner(TWO_SERVICES);
    const { body } = await refused("POST", "/admin/upgrades", { body: { plan: "name: x" } });
    expect(body.code).toBe("service_required");
  });

  it("keeps the plan's text and the values of variables out of the audit and the log", async () => {
    const { json, control, logged } = await openWithRunner();
    await json("POST", "/admin/upgrades", { body: { plan: PLAN, vars: { token: "hush" } } });
    const [entry] = (await control.audit.recent(1)).toReversed();
    expect(entry).toMatchObject({ action: "upgrade_run", service: "chat", outcome: "done" });
    expect(entry?.parameters).toMatchObject({ name: "release-2", vars: ["token"] });
    const { events } = control.events.since(0);
    for (const secret of ["topsecret", "hush"]) {
      expect(JSON.stringify([entry, logged, events])).not.toContain(secret);
    }
  });
});

describe("the runs", () => {
  it("are as their runner told them last, the newest first", async () => {
    const { json } = await openAdmin();
    const older = upgradeReport({ id: "older", startedAt: 1, state: "kept", exitCode: 0 });
    for (const report of [older, upgradeReport(), upgradeReport({ percent: 40 })]) {
      expect((await json("PUT", `/admin/upgrades/${report.id}/report`, { body: report })).status).toBe(200);
    }
    const { body } = await json("GET", "/admin/upgrades");
    expect(body).toEqual({ upgrades: [upgradeReport({ percent: 40 }), older] });
    expect((await json("GET", "/admin/upgrades/older")).body).toEqual(older);
    expect((await json("GET", "/admin/upgrades/unknown")).status).toBe(404);
  });

  it("stand in the status of their service, and on its page", async () => {
    const { json, gateway } = await openWithRunner();
    const report = upgradeReport({ percent: 40, step: "Pulling app:2" });
    await json("PUT", `/admin/upgrades/${id}/report`, { body: report });
    const { steps: _steps, ...summary } = report;
    const { body } = await json("GET", "/admin/status");
    expect(body).toMatchObject({ runners: 1, services: [{ name: "chat", upgrade: summary }] });
    expect(gateway.progress).toEqual({ chat: { percent: 40, phase: "preparing" } });
  });

  it("are not told under another's id, nor in 256 KiB", async () => {
    const { refused } = await openAdmin();
    const other = await refused("PUT", "/admin/upgrades/other/report", { body: upgradeReport() });
    expect(other.body.code).toBe("bad_request");
    const large = upgradeReport({ message: "x".repeat(256 * 1024) });
    const { body } = await refused("PUT", `/admin/upgrades/${id}/report`, { body: large });
    expect(body.code).toBe("body_too_large");
  });

  it.each([
    ["cancel", "running", {}],
    ["approve", "waiting", { answer: "rollback" }],
    ["resume", "paused", {}],
    ["rollback", "kept", {}],
  ] as const)("take the order to %s when they are %s", async (order, state, more) => {
    const { json, runner, upgrades, control } = await openWithRunner();
    upgrades.report(upgradeReport({ state }));
    const { status } = await json("POST", `/admin/upgrades/${id}/${order}`, { body: more });
    expect(status).toBe(202);
    expect(await runner.read()).toBe(`data: ${JSON.stringify({ order, id, ...more })}\n\n`);
    expect(await control.audit.recent(1)).toMatchObject([{ action: `upgrade_${order}`, outcome: "done" }]);
  });
});

describe("GET /admin/runner", () => {
  it("needs the scope operate, because plans may hold secrets", async () => {
    const { overTcp } = await openAdmin();
    const headers = { Authorization: "Bearer read-token" };
    const { status, body } = await overTcp("GET", "/admin/runner?accepts=plans", headers);
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: "forbidden" });
  });

  it("tells who comes and goes", async () => {
    const admin = await openAdmin();
    const runner = await listenAsRunner(admin, `run:${id}`);
    await runner.leave();
    const told = admin.control.events.since(0).events.map(({ type, data }) => [type, data]);
    expect(told).toEqual([
      ["runner_connected", { run: id }],
      ["runner_disconnected", { run: id }],
    ]);
    const refused = z.object({ code: z.string() }).parse((await admin.json("GET", "/admin/runner")).body);
    expect(refused.code).toBe("bad_request");
  });
});

describe("an announcement", () => {
  it("is told until it is withdrawn", async () => {
    const { json, chat, clock } = await openAdmin();
    const path = "/admin/services/chat/announcement";
    const at = clock.wall() + 600_000;
    const body = { message: "An update at six", at: "10m" };
    const told = { message: "An update at six", at };
    expect((await json("PUT", path, { body })).body).toEqual({
      service: "chat",
      version: 2,
      changed: true,
      announcement: told,
    });
    expect(chat.snapshot?.notice).toEqual({ ...told, until: null });
    expect((await json("GET", "/admin/status")).body).toMatchObject({ services: [{ announcement: told }] });
    expect((await json("DELETE", path)).body).toEqual({
      service: "chat",
      version: 3,
      changed: true,
      announcement: null,
    });
    expect((await json("DELETE", path)).body).toMatchObject({ changed: false });
    expect(chat.snapshot?.notice).toBeNull();
  });
});
