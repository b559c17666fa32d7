import { describe, expect, it } from "vitest";
import { ANSWER_TIME_BOUNDS_MS } from "../../../src/gateway/counters.ts";
import { AdminGatewayDriver } from "../../../src/upgrade/gateway/admin-gateway-driver.ts";
import { PersistentClient } from "../../../src/upgrade/gateway/persistent-client.ts";
import { ReportSender } from "../../../src/upgrade/gateway/report-sender.ts";
import { openAdmin, TWO_SERVICES } from "../../admin/support/open-admin.ts";
import { adminClientOf } from "./admin-client-of.ts";

/** Against the real admin app and the real control; the gateway below it does what the test says. */
async function openDriver({ config, service = null }: { config?: string; service?: string | null } = {}) {
  const admin = await openAdmin(config);
  const { clock } = admin;
  const client = adminClientOf(admin);
  const reports = new ReportSender({ client, clock });
  const driver = new AdminGatewayDriver({
    client: new PersistentClient({ client, clock }),
    reports,
    service,
  });
  return { ...admin, driver };
}

describe("the mode", () => {
  it("is a hold with what the plan says of it, renewed by the same order", async () => {
    const { driver, clock } = await openDriver();
    const hold = { name: "hold", leaseMs: 60_000, maxWaitMs: null, onLeaseEnd: "open", wait: false } as const;
    expect(await driver.setMode(hold)).toEqual({ settled: true, remaining: null });
    clock.advance(1_000);
    await driver.setMode(hold);
    expect((await driver.status()).mode).toMatchObject({
      name: "hold",
      leaseEndsAt: clock.wall() + 60_000,
      maxWaitMs: 30_000,
      onLeaseEnd: "open",
    });
  });

  it("says what was left when the gateway's deadline came before it had settled", async () => {
    const { driver, chat, clock } = await openDriver();
    chat.left = { inFlight: 2, tunnels: 1, held: 0 };
    const waiting = chat.waiting();
    const held = driver.setMode({
      name: "hold",
      leaseMs: null,
      maxWaitMs: null,
      onLeaseEnd: null,
      wait: true,
    });
    await waiting;
    clock.advance(30_000);
    expect(await held).toEqual({ settled: false, remaining: "2 in flight, 0 held, 1 tunnel left" });
  });

  it("is maintenance with a message and an end, and open again from either", async () => {
    const { driver, clock } = await openDriver();
    await driver.setMode({
      name: "maintenance",
      message: "Back soon",
      expectedMs: 60_000,
      retryAfterMs: 5_000,
    });
    expect((await driver.status()).mode).toMatchObject({
      name: "maintenance",
      message: "Back soon",
      expectedEnd: clock.wall() + 60_000,
      retryAfterMs: 5_000,
    });
    await driver.setMode({ name: "open", wait: false });
    expect((await driver.status()).mode).toEqual({ name: "open" });
  });
});

describe("the slots", () => {
  it("are prepared, exchanged and cleared; what is so already is done", async () => {
    const { driver } = await openDriver();
    const slots = async () => (await driver.status()).slots;
    await driver.putUpstream("next", "http://127.0.0.1:3009");
    await driver.setCandidate("next", null);
    await driver.clearCandidate();
    expect(await slots()).toMatchObject({ active: "blue", candidate: null });
    const order = { to: "next", force: true, drainTimeoutMs: 1_000, wait: false };
    await driver.cutover(order);
    await driver.cutover(order);
    expect(await slots()).toEqual({ active: "next", candidate: null, previous: "blue" });
    await driver.putUpstream("old", "http://127.0.0.1:3010");
    await driver.removeUpstream("old");
    await driver.removeUpstream("old");
    const { upstreams } = await driver.status();
    expect(upstreams.map(({ name }) => name)).toEqual(["blue", "green", "next"]);
  });

  it("throws the gateway's reason when the candidate does not become healthy", async () => {
    const { driver, chat, clock } = await openDriver();
    const waiting = chat.waiting();
    const set = driver.setCandidate("green", 5_000);
    await waiting;
    const failed = set.catch((error: unknown) => String(error));
    clock.advance(5_000);
    expect(await failed).toContain("upstream green did not become healthy within 5s");
  });

  it("sets a canary, and ends it", async () => {
    const { driver, chat } = await openDriver();
    await driver.setCandidate("green", null);
    await driver.setCanary(10);
    expect(chat.snapshot?.canary).toMatchObject({ percent: 10 });
    await driver.setCanary(null);
    expect(chat.snapshot?.canary).toBeNull();
  });

  it("throws the gateway's reason when there is no candidate for a canary", async () => {
    const { driver } = await openDriver();
    await expect(driver.setCanary(10)).rejects.toThrow("has no candidate to send clients to");
  });
});

describe("the service", () => {
  it("is the only one when the plan names none, and has to be named among several", async () => {
    const one = await openDriver();
    expect((await one.driver.status()).name).toBe("chat");
    const several = await openDriver({ config: TWO_SERVICES });
    await expect(several.driver.status()).rejects.toThrow("chat, wiki");
    const named = await openDriver({ config: TWO_SERVICES, service: "wiki" });
    expect((await named.driver.status()).name).toBe("wiki");
    const wrong = await openDriver({ service: "shop" });
    await expect(wrong.driver.status()).rejects.toThrow("no service shop; it has chat");
  });

  it("is counted by what the app answered, not by what a mode refused", async () => {
    const { driver, chat, clock } = await openDriver();
    const answerTimes = [8, 1, ...ANSWER_TIME_BOUNDS_MS.slice(2).map(() => 0), 1];
    chat.counters = { refused: 50, answers: [0, 0, 8, 0, 0, 52], failed: 2, upstreamErrors: 1, answerTimes };
    const { latency, ...metrics } = await driver.metrics();
    expect(metrics).toEqual({ answers: 12, errors: 3, startedAt: clock.wall() });
    expect(latency.map(({ leMs }) => leMs)).toEqual(ANSWER_TIME_BOUNDS_MS);
    expect(latency.slice(0, 3).map(({ count }) => count)).toEqual([8, 9, 9]);
    expect(latency.at(-1)?.count).toBe(9);
  });

  it("is announced an interruption, and that it is none any more", async () => {
    const { driver, chat } = await openDriver();
    await driver.announce({ message: "An update at six", at: 1_000 });
    expect(chat.snapshot?.notice).toEqual({ message: "An update at six", at: 1_000, until: null });
    await driver.announce(null);
    expect(chat.snapshot?.notice).toBeNull();
  });
});
