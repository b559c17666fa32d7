import { describe, expect, it } from "vitest";
import { openAdmin, TWO_SERVICES } from "./support/open-admin.ts";

const START = Date.UTC(2026, 0, 1);

describe("maintenance", () => {
  it("is switched on without a body, and off again", async () => {
    const { call, write } = await openAdmin();
    const on = await write("POST", "/admin/maintenance");
    expect(on.status).toBe(200);
    expect(on.body).toMatchObject({
      changed: true,
      service: { name: "chat", mode: { name: "maintenance" } },
    });
    const off = await call("DELETE", "/admin/maintenance");
    expect(await off.json()).toMatchObject({ changed: true, service: { mode: { name: "open" } } });
  });

  it("takes a message, an expected end from now and a Retry-After", async () => {
    const { write } = await openAdmin();
    const body = { message: "Moving house", expectedEnd: "20m", retryAfter: 5000 };
    const { body: answer } = await write("POST", "/admin/maintenance", { body });
    expect(answer.service.mode).toMatchObject({
      message: "Moving house",
      expectedEnd: START + 1_200_000,
      retryAfterMs: 5000,
    });
  });

  it("takes an expected end as a time with its offset", async () => {
    const { write } = await openAdmin();
    const { body } = await write("POST", "/admin/maintenance", {
      body: { expectedEnd: "2026-01-01T03:00:00+02:00" },
    });
    expect(body.service.mode).toMatchObject({ expectedEnd: START + 3_600_000 });
  });
});

describe("hold and release", () => {
  it("holds with the lease, the wait and the end that were asked for", async () => {
    const { write } = await openAdmin();
    const body = { lease: "3m", maxWait: 10_000, onLeaseEnd: "open" };
    const { body: answer } = await write("POST", "/admin/hold", { body });
    expect(answer.service.mode).toEqual({
      name: "hold",
      since: START,
      leaseEndsAt: START + 180_000,
      onLeaseEnd: "open",
      maxWaitMs: 10_000,
    });
    expect(answer).not.toHaveProperty("settled");
  });

  it("reads a body that curl -d labels as a form", async () => {
    const { write } = await openAdmin();
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const { body } = await write("POST", "/admin/hold", { headers, body: '{"lease":"1m"}' });
    expect(body.service.mode).toMatchObject({ leaseEndsAt: START + 60_000 });
  });

  it("a release opens the service", async () => {
    const { write } = await openAdmin();
    await write("POST", "/admin/hold");
    const { body } = await write("POST", "/admin/release");
    expect(body).toMatchObject({ changed: true, service: { mode: { name: "open" } } });
  });
});

describe("upstreams, candidate, cutover, rollback", () => {
  it("an upstream is added with its own health check and removed again", async () => {
    const { write, control } = await openAdmin();
    const body = { url: "http://127.0.0.1:3003", health: { path: "/up", interval: "2s", status: "200-204" } };
    const put = await write("PUT", "/admin/services/chat/upstreams/red", { body });
    expect(put.status).toBe(200);
    expect(control.state.services["chat"]?.upstreams["red"]).toMatchObject({
      urls: ["http://127.0.0.1:3003"],
      health: { path: "/up", intervalMs: 2000, timeoutMs: 5000, status: { from: 200, to: 204 } },
    });
    const gone = await write("DELETE", "/admin/services/chat/upstreams/red");
    expect(gone.body.service.upstreams).toHaveLength(2);
  });

  it("cuts over to a healthy candidate, and rolls back", async () => {
    const { write, chat } = await openAdmin();
    chat.setHealth("green", "healthy");
    chat.setHealth("blue", "healthy");
    await write("PUT", "/admin/services/chat/candidate", { body: { upstream: "green" } });
    const cutover = await write("POST", "/admin/services/chat/cutover");
    expect(cutover.body.service.slots).toEqual({ active: "green", candidate: null, previous: "blue" });
    const rollback = await write("POST", "/admin/services/chat/rollback");
    expect(rollback.body.service.slots.active).toBe("blue");
  });

  it("refuses a cutover to an unhealthy candidate, unless forced", async () => {
    const { write, refused } = await openAdmin();
    await write("PUT", "/admin/services/chat/candidate", { body: { upstream: "green" } });
    const answer = await refused("POST", "/admin/services/chat/cutover");
    expect(answer).toMatchObject({ status: 409, body: { code: "not_healthy" } });
    const forced = await write("POST", "/admin/services/chat/cutover", { body: { force: true } });
    expect(forced.body.service.slots.active).toBe("green");
  });

  it("cuts over to the upstream that `to` names, by that one's health", async () => {
    const { write, chat } = await openAdmin();
    chat.setHealth("green", "healthy");
    const { status } = await write("POST", "/admin/services/chat/cutover", { body: { to: "green" } });
    expect(status).toBe(200);
  });

  it("says so when there is nothing to cut over or back to", async () => {
    const { refused } = await openAdmin();
    const cutover = await refused("POST", "/admin/services/chat/cutover");
    expect(cutover.body.code).toBe("no_candidate");
    const rollback = await refused("POST", "/admin/services/chat/rollback");
    expect(rollback.body.code).toBe("no_previous");
  });

  it("clears the candidate", async () => {
    const { write } = await openAdmin();
    await write("PUT", "/admin/services/chat/candidate", { body: { upstream: "green" } });
    const { body } = await write("DELETE", "/admin/services/chat/candidate");
    expect(body.service.slots.candidate).toBeNull();
  });
});

describe("which service", () => {
  it("must be named when there are several", async () => {
    const { write, refused } = await openAdmin(TWO_SERVICES);
    const unnamed = await refused("POST", "/admin/hold");
    expect(unnamed).toMatchObject({ status: 400, body: { code: "service_required" } });
    const named = await write("POST", "/admin/hold", { body: { service: "wiki" } });
    expect(named.body.service.name).toBe("wiki");
    const off = await write("DELETE", "/admin/maintenance?service=wiki");
    expect(off.body.service.name).toBe("wiki");
  });

  it("is unknown when there is none of that name", async () => {
    const { refused } = await openAdmin();
    const answer = await refused("POST", "/admin/services/shop/cutover");
    expect(answer).toMatchObject({ status: 404, body: { code: "unknown_service" } });
  });
});

describe("If-Match", () => {
  it("lets a write pass at the version it names, quoted or bare, and answers the next as ETag", async () => {
    const { write, control } = await openAdmin();
    const { version } = control.state;
    const first = await write("POST", "/admin/hold", { headers: { "If-Match": `"${version}"` } });
    expect(first.headers.get("etag")).toBe(`"${version + 1}"`);
    expect(first.body.version).toBe(version + 1);
    const second = await write("POST", "/admin/release", { headers: { "If-Match": `${version + 1}` } });
    expect(second.status).toBe(200);
  });

  it("refuses a write when the state has moved", async () => {
    const { refused, control } = await openAdmin();
    const headers = { "If-Match": `"${control.state.version + 1}"` };
    const answer = await refused("POST", "/admin/hold", { headers });
    expect(answer).toMatchObject({ status: 412, body: { code: "state_moved" } });
  });

  it("refuses what is no version", async () => {
    const { refused } = await openAdmin();
    const answer = await refused("POST", "/admin/hold", { headers: { "If-Match": 'W/"1"' } });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad_request" } });
  });
});

describe("Idempotency-Key", () => {
  it("does a repeated write once, and answers it again", async () => {
    const { write, clock, control } = await openAdmin();
    const options = { body: { lease: "1m" }, headers: { "Idempotency-Key": "k1" } };
    const first = await write("POST", "/admin/hold", options);
    clock.advance(10_000);
    const second = await write("POST", "/admin/hold", options);
    expect(second.body).toEqual(first.body);
    expect(control.state.version).toBe(first.body.version);
  });

  it("refuses the key of another request", async () => {
    const { write, refused } = await openAdmin();
    const headers = { "Idempotency-Key": "k1" };
    await write("POST", "/admin/hold", { body: { lease: "1m" }, headers });
    const answer = await refused("POST", "/admin/hold", { body: { lease: "2m" }, headers });
    expect(answer).toMatchObject({ status: 409, body: { code: "idempotency_mismatch" } });
  });

  it("keeps the keys of two callers apart", async () => {
    const { write, overTcp } = await openAdmin();
    await write("POST", "/admin/hold", { headers: { "Idempotency-Key": "k1" } });
    const other = await overTcp("POST", "/admin/release", { "Idempotency-Key": "k1" });
    expect(other.status).toBe(200);
  });
});
