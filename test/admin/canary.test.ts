import { describe, expect, it } from "vitest";
import { auditAnswer } from "../../src/admin/schemas/answer-schemas.ts";
import { eventually } from "../support/eventually.ts";
import { openAdmin } from "./support/open-admin.ts";

const CANARY = "/admin/services/chat/canary";

async function prepared() {
  const admin = await openAdmin();
  admin.chat.setHealth("green", "healthy");
  await admin.write("PUT", "/admin/services/chat/candidate", { body: { upstream: "green" } });
  return admin;
}

describe("a canary", () => {
  it("is set, shown in the status, and ended", async () => {
    const { write, json } = await prepared();
    const set = await write("PUT", CANARY, { body: { percent: 20 } });
    expect(set.body).toMatchObject({ changed: true, service: { canary: { percent: 20, serving: true } } });
    const { body: status } = await json("GET", "/admin/status");
    expect(status).toMatchObject({ services: [{ canary: { percent: 20 } }] });
    const ended = await write("DELETE", CANARY);
    expect(ended.body).toMatchObject({ changed: true, service: { canary: null } });
  });

  it("is written to the audit with its percentage", async () => {
    const { write, json } = await prepared();
    await write("PUT", CANARY, { body: { percent: 5 } });
    const { entries } = auditAnswer.parse((await json("GET", "/admin/audit")).body);
    expect(entries).toContainEqual(
      expect.objectContaining({ action: "set_canary", parameters: { percent: 5 }, outcome: "done" }),
    );
  });

  it("shows in the metrics, and not while the candidate is not healthy", async () => {
    const { write, call, chat } = await prepared();
    await write("PUT", CANARY, { body: { percent: 20 } });
    const percent = async () =>
      /holdgate_canary_percent\{[^}]*\} (\S+)/.exec(await (await call("GET", "/metrics")).text())?.[1];
    expect(await percent()).toBe("20");
    chat.setHealth("green", "unhealthy", "gone");
    expect(await percent()).toBe("0");
  });
});

describe("a canary is refused, and nothing is changed:", () => {
  it.each<[string, unknown, string]>([
    ["101 percent", { percent: 101 }, "percent: "],
    ["less than none", { percent: -1 }, "percent: "],
    ["half a percent", { percent: 0.5 }, "percent: expected a whole number from 0 to 100"],
    ["a text", { percent: "20" }, "percent: expected a whole number from 0 to 100"],
    ["no percentage", {}, "percent: expected a whole number from 0 to 100"],
    ["an unknown key", { percent: 20, service: "chat" }, "service: there is no such key"],
    ["a list", [20], "Invalid input: expected object"],
  ])("%s", async (_what, body, detail) => {
    const { refused, control } = await prepared();
    const { version } = control.state;
    const answer = await refused("PUT", CANARY, { body });
    expect(answer).toMatchObject({ status: 400, body: { status: 400, code: "bad_request" } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.detail).toContain(detail);
    expect(control.state.version).toBe(version);
  });

  it("a body that is too large", async () => {
    const { refused, control } = await prepared();
    const { version } = control.state;
    const answer = await refused("PUT", CANARY, { body: { percent: 20, why: "x".repeat(65_536) } });
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
    expect(control.state.version).toBe(version);
  });

  it.each(["PUT", "DELETE"] as const)("%s for a service that is not there", async (method) => {
    const { refused, control } = await prepared();
    const { version } = control.state;
    const answer = await refused(method, "/admin/services/shop/canary", { body: { percent: 20 } });
    expect(answer).toMatchObject({ status: 404, body: { code: "unknown_service" } });
    expect(control.state.version).toBe(version);
  });

  it("without a candidate", async () => {
    const { refused, control } = await openAdmin();
    const { version } = control.state;
    const answer = await refused("PUT", CANARY, { body: { percent: 20 } });
    expect(answer).toMatchObject({ status: 409, body: { code: "no_candidate" } });
    expect(answer.body.detail).toBe("service chat has no candidate to send clients to; set one first");
    expect(control.state.version).toBe(version);
  });

  it("for another version of the state", async () => {
    const { refused } = await prepared();
    const answer = await refused("PUT", CANARY, { body: { percent: 20 }, headers: { "If-Match": '"1"' } });
    expect(answer).toMatchObject({ status: 412, body: { code: "state_moved" } });
  });
});

describe("a candidate that has to be of a version", () => {
  const CANDIDATE = "/admin/services/chat/candidate";

  it("is waited for until its health answer says it", async () => {
    const { write, chat, clock } = await openAdmin();
    chat.setHealth("green", "healthy", null, "1.0");
    const body = { upstream: "green", version: "2.0" };
    const answer = write("PUT", CANDIDATE, { body });
    await eventually(() => expect(clock.pendingTimers).toBe(2));
    chat.setHealth("green", "healthy", null, "2.0");
    clock.advance(250);
    expect(await answer).toMatchObject({ status: 200, body: { health: { version: "2.0" } } });
  });

  it.each([
    ["1.0", "it is version 1.0, not 2.0"],
    [null, "its health answer says no version; see the config's health.version"],
  ])("and is of version %j is refused, and stays the candidate", async (version, reason) => {
    const { refused, chat, clock, control } = await openAdmin();
    chat.setHealth("green", "healthy", null, version);
    const body = { upstream: "green", version: "2.0", waitHealthy: "1s" };
    const answer = refused("PUT", CANDIDATE, { body });
    await eventually(() => expect(clock.pendingTimers).toBe(2));
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 409, body: { code: "not_healthy" } });
    expect((await answer).body.detail).toContain(reason);
    expect(control.state.services["chat"]?.slots.candidate).toBe("green");
    expect(clock.pendingTimers).toBe(0);
  });

  it("and is not waited for is a contradiction", async () => {
    const { refused } = await openAdmin();
    const body = { upstream: "green", version: "2.0", waitHealthy: false };
    expect(await refused("PUT", CANDIDATE, { body })).toMatchObject({ status: 400 });
  });
});
