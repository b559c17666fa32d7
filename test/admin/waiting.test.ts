import { describe, expect, it } from "vitest";
import { openAdmin } from "./support/open-admin.ts";

const BUSY = { inFlight: 2, tunnels: 1, held: 0 };

describe("a write that waits", () => {
  it("is answered when everything has settled", async () => {
    const { write, chat, clock } = await openAdmin();
    chat.left = BUSY;
    const began = chat.waiting();
    const answer = write("POST", "/admin/hold", { body: { wait: true } });
    await began;
    chat.settle();
    const { body } = await answer;
    expect(body).toMatchObject({ settled: true, remaining: { inFlight: 0, tunnels: 0, held: 0 } });
    expect(clock.pendingTimers).toBe(0);
  });

  it("is answered at the service's drainTimeout with what is left", async () => {
    const { write, chat, clock } = await openAdmin();
    chat.left = BUSY;
    const began = chat.waiting();
    const answer = write("POST", "/admin/hold", { body: { wait: true } });
    await began;
    clock.advance(29_999);
    expect(chat.waits[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await answer).toMatchObject({ status: 200, body: { settled: false, remaining: BUSY } });
  });

  it("waits as long as its own drainTimeout says", async () => {
    const { write, chat, clock } = await openAdmin();
    const began = chat.waiting();
    const answer = write("POST", "/admin/release", { body: { wait: true, drainTimeout: "2s" } });
    await began;
    clock.advance(2000);
    expect(chat.waits).toMatchObject([{ kind: "released" }]);
    expect((await answer).body.settled).toBe(false);
  });
});

describe("a cutover with a drainTimeout of its own", () => {
  it("gives the drain that deadline, whether it is waited for or not", async () => {
    const { write, chat } = await openAdmin();
    await write("PUT", "/admin/services/chat/upstreams/green", { body: { url: "http://127.0.0.1:3001" } });
    await write("POST", "/admin/services/chat/cutover", {
      body: { to: "green", force: true, drainTimeout: "2s" },
    });
    expect(chat.drainTimeouts).toEqual([{ upstream: "blue", timeoutMs: 2000 }]);
  });
});

describe("a write that waits in vain", () => {
  it("stops waiting when its client leaves, and the command stays done", async () => {
    const { call, chat, clock, control } = await openAdmin();
    const client = new AbortController();
    const began = chat.waiting();
    const answer = call("POST", "/admin/hold", { body: { wait: true }, signal: client.signal });
    await began;
    client.abort();
    expect(chat.waits[0]?.signal.aborted).toBe(true);
    await answer;
    expect(clock.pendingTimers).toBe(0);
    expect(control.state.services["chat"]?.mode.name).toBe("hold");
  });

  it("goes on waiting when it is repeated with its Idempotency-Key", async () => {
    const { call, write, chat, control } = await openAdmin();
    chat.left = BUSY;
    const client = new AbortController();
    const options = { body: { wait: true }, headers: { "Idempotency-Key": "k1" } };
    const began = chat.waiting();
    const lost = call("POST", "/admin/hold", { ...options, signal: client.signal });
    await began;
    client.abort();
    await lost;
    const { version } = control.state;
    const beganAgain = chat.waiting();
    const answer = write("POST", "/admin/hold", options);
    await beganAgain;
    chat.settle();
    expect((await answer).body).toMatchObject({ settled: true, changed: true, version });
    expect(control.state.version).toBe(version);
  });

  it("refuses to wait for more than an hour", async () => {
    const { refused } = await openAdmin();
    const { body } = await refused("POST", "/admin/hold", { body: { wait: true, drainTimeout: "2h" } });
    expect(body.detail).toBe("drainTimeout: expected a duration of at most 1h");
  });
});

describe("a cutover that waits", () => {
  it("waits for the drain of the upstream that was active", async () => {
    const { write, chat } = await openAdmin();
    const began = chat.waiting();
    const body = { to: "green", force: true, wait: true };
    const answer = write("POST", "/admin/services/chat/cutover", { body });
    await began;
    expect(chat.waits).toMatchObject([{ kind: "drained", upstream: "blue" }]);
    chat.settle();
    expect((await answer).body.settled).toBe(true);
  });

  it("outlasts the gateway's own drain deadline, so that it sees how the drain ended", async () => {
    const { write, chat, clock } = await openAdmin();
    const began = chat.waiting();
    const body = { to: "green", force: true, wait: true };
    const answer = write("POST", "/admin/services/chat/cutover", { body });
    await began;
    clock.advance(30_000);
    chat.settle();
    expect((await answer).body.settled).toBe(true);
  });
});

describe("a candidate that waits to be healthy", () => {
  it("is answered with its health when it is", async () => {
    const { write, chat } = await openAdmin();
    const began = chat.waiting();
    const body = { upstream: "green", waitHealthy: true };
    const answer = write("PUT", "/admin/services/chat/candidate", { body });
    await began;
    chat.setHealth("green", "healthy");
    chat.settle();
    expect(await answer).toMatchObject({ status: 200, body: { health: { state: "healthy" } } });
  });

  it("is refused after 60 s with the reason, and stays the candidate", async () => {
    const { refused, chat, clock, control } = await openAdmin();
    chat.setHealth("green", "unhealthy", "answered 500");
    const began = chat.waiting();
    const body = { upstream: "green", waitHealthy: true };
    const answer = refused("PUT", "/admin/services/chat/candidate", { body });
    await began;
    clock.advance(60_000);
    expect(await answer).toMatchObject({ status: 409, body: { code: "not_healthy" } });
    expect((await answer).body.detail).toBe(
      "upstream green did not become healthy within 1m (answered 500); it stays the candidate",
    );
    expect(control.state.services["chat"]?.slots.candidate).toBe("green");
  });

  it("waits as long as a duration says", async () => {
    const { refused, chat, clock } = await openAdmin();
    const began = chat.waiting();
    const body = { upstream: "green", waitHealthy: "5s" };
    const answer = refused("PUT", "/admin/services/chat/candidate", { body });
    await began;
    clock.advance(5000);
    expect((await answer).body.detail).toContain("within 5s");
  });

  it("does not wait unless it is asked to", async () => {
    const { write, chat } = await openAdmin();
    const { status, body } = await write("PUT", "/admin/services/chat/candidate", {
      body: { upstream: "green" },
    });
    expect(status).toBe(200);
    expect(body.health).toMatchObject({ state: "unknown" });
    expect(chat.waits).toEqual([]);
  });
});
