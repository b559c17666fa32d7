// Maintenance as the outside sees it: who gets what answer, and who gets through.

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone, openClient, type RequestParts } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";

const HEALTH_PATH = "/api/health";
const MESSAGE = "We move to a <bigger> machine.";

async function setUp({
  clock,
  ...options
}: { clock?: ManualClock; onArrival?: (arrival: Arrival) => void } = {}) {
  const upstream = await startScriptedUpstream({
    onArrival: options.onArrival ?? ((arrival) => arrival.answer(200, "app")),
  });
  const service = `    health: { path: ${HEALTH_PATH} }\n    maintenance: { retryAfter: 90s }`;
  const gateway = await openGateway({ blue: upstream.url, service, ...(clock && { clock }) });
  const enter = (type: "maintenance_on" | "maintenance_off" | "hold", more = {}) =>
    gateway.dispatch({ type, service: "chat", ...more });
  const ask = async (method: string, target: string, parts: RequestParts = {}) =>
    (await askAlone(gateway.port, method, target, parts)).answer();
  return { upstream, gateway, service: gateway.service, enter, ask };
}

describe("in maintenance", () => {
  test.each([
    [
      "GET",
      "text/html,application/xhtml+xml,*/*;q=0.8",
      "text/html; charset=utf-8",
      "We move to a &#60;bigger",
    ],
    ["POST", "application/json", "application/problem+json", `"detail":"${MESSAGE}"`],
    ["GET", "*/*", "application/problem+json", `"code":"maintenance"`],
    ["DELETE", "text/plain", "text/plain; charset=utf-8", MESSAGE],
  ])("a %s that accepts %s is answered with 503 as %s", async (method, accept, type, part) => {
    const { upstream, enter, ask } = await setUp();
    await enter("maintenance_on", { message: MESSAGE });
    const answer = await ask(method, "/room", { headers: { Accept: accept } });
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "90", "cache-control": "no-store", "content-type": type },
      body: expect.stringContaining(part),
    });
    expect(upstream.targets).toEqual([]);
  });

  test("the expected end is what Retry-After says", async () => {
    const clock = new ManualClock();
    const { enter, ask } = await setUp({ clock });
    await enter("maintenance_on", { expectedEnd: clock.wall() + 600_000 });
    const { headers, body } = await ask("GET", "/", { headers: { Accept: "application/json" } });
    expect(headers["retry-after"]).toBe("600");
    expect(JSON.parse(body)).toMatchObject({ expectedEnd: "2026-01-01T00:10:00.000Z", retryAfter: 600 });
  });

  test("a WebSocket handshake is refused with 503 and a line of text", async () => {
    const { upstream, enter, ask } = await setUp();
    await enter("maintenance_on", { message: MESSAGE });
    const { status, headers, body } = await ask("GET", "/ws", { headers: HANDSHAKE });
    expect([status, headers["retry-after"]]).toEqual([503, "90"]);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(body).toContain(MESSAGE);
    expect(upstream.targets).toEqual([]);
  });

  test("an EventSource gets 200, when to come back, and nothing more", async () => {
    const { upstream, enter, ask } = await setUp();
    await enter("maintenance_on");
    const answer = await ask("GET", "/events", { headers: { Accept: "text/event-stream" } });
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
    expect(answer.body).toMatch(/^retry: \d+\n\n$/);
    expect(upstream.targets).toEqual([]);
  });

  test("a client may stay on its connection and is served when maintenance ends", async () => {
    const { gateway, enter, upstream } = await setUp();
    await enter("maintenance_on");
    const client = await openClient(gateway.port);
    expect(await client.request("GET", "/one")).toMatchObject({ status: 503 });
    expect(await client.request("POST", "/two", { body: "unread" })).toMatchObject({ status: 503 });
    await enter("maintenance_off");
    expect(await client.request("GET", "/three")).toMatchObject({ status: 200, body: "app" });
    expect(upstream.targets).toEqual(["/three"]);
  });
});

describe("at the switch to maintenance", () => {
  test("those who are held get the maintenance answer, which says how long they were held", async () => {
    const clock = new ManualClock();
    const { gateway, enter, upstream, service } = await setUp({ clock });
    await enter("hold");
    const clients = await holdInOrder(gateway, 3);
    clock.advance(1234);
    await enter("maintenance_on");
    for (const client of clients) {
      expect(await client.answer()).toMatchObject({
        status: 503,
        headers: { "retry-after": "90", "holdgate-held": "1234" },
        body: expect.stringContaining(`"code":"maintenance"`),
      });
    }
    expect(service.status()).toMatchObject({ held: 0, counters: { admitted: 3, refused: 3, forwarded: 0 } });
    expect(upstream.targets).toEqual([]);
  });

  test("what is in flight goes on to its end", async () => {
    const { gateway, enter, upstream } = await setUp({ onArrival: () => {} });
    const client = await askAlone(gateway.port, "POST", "/upload");
    const arrival = await upstream.arrivalOf("/upload");
    await enter("maintenance_on");
    arrival.answer(201, "stored");
    expect(await client.answer()).toMatchObject({ status: 201, body: "stored" });
  });

  test("what is in flight and lost gets the maintenance answer instead of waiting", async () => {
    const { gateway, enter, upstream, service } = await setUp({ onArrival: () => {} });
    const client = await askAlone(gateway.port, "GET", "/report");
    const arrival = await upstream.arrivalOf("/report");
    await enter("maintenance_on");
    arrival.cut();
    expect(await client.answer()).toMatchObject({ status: 503, headers: { "retry-after": "90" } });
    expect(service.status().counters).toMatchObject({ admitted: 1, forwarded: 0, refused: 1 });
  });
});

describe("a request that outlives its longest wait in a hold", () => {
  test("gets the maintenance answer in its own form, an EventSource a stream", async () => {
    const clock = new ManualClock();
    const { gateway, enter, service } = await setUp({ clock });
    await enter("hold", { maxWaitMs: 5000 });
    const page = await askAlone(gateway.port, "GET", "/", { headers: { Accept: "text/html" } });
    const stream = await askAlone(gateway.port, "GET", "/", { headers: { Accept: "text/event-stream" } });
    await eventually(() => expect(service.status().held).toBe(2));
    clock.advance(4999);
    expect(service.status().held).toBe(2);
    clock.advance(1);
    expect(await page.answer()).toMatchObject({
      status: 503,
      headers: { "retry-after": "90", "holdgate-held": "5000", "content-type": "text/html; charset=utf-8" },
    });
    expect(await stream.answer()).toMatchObject({
      status: 200,
      body: expect.stringMatching(/^retry: \d+\n\n$/),
    });
    expect(service.status()).toMatchObject({ held: 0, counters: { expired: 2 } });
  });
});

describe("a balancer in front", () => {
  test.each(["open", "hold", "maintenance_on"] as const)(
    "is told 200 at /.holdgate/health when %s",
    async (mode) => {
      const { enter, ask } = await setUp();
      if (mode !== "open") await enter(mode);
      expect(await ask("GET", "/.holdgate/health")).toMatchObject({ status: 200, body: "ok\n" });
    },
  );

  test.each(["hold", "maintenance_on"] as const)("is told 200 at the health path in %s", async (mode) => {
    const { enter, ask, upstream } = await setUp();
    await enter(mode);
    expect(await ask("GET", HEALTH_PATH)).toMatchObject({ status: 200 });
    expect(await ask("GET", `${HEALTH_PATH}?from=balancer`)).toMatchObject({ status: 200 });
    expect(upstream.targets).toEqual([]);
  });

  test("is told the app's own health when the mode is open", async () => {
    const { ask, upstream } = await setUp({ onArrival: (arrival) => arrival.answer(500, "sick") });
    expect(await ask("GET", HEALTH_PATH)).toMatchObject({ status: 500, body: "sick" });
    expect(upstream.targets).toEqual([HEALTH_PATH]);
  });
});

describe("/.holdgate/status", () => {
  test("tells the mode, the message and the end", async () => {
    const { enter, ask } = await setUp();
    const status = async () => JSON.parse((await ask("GET", "/.holdgate/status?path=/room")).body);
    expect(await status()).toMatchObject({ mode: "open", message: null });
    await enter("hold");
    expect(await status()).toMatchObject({ mode: "hold", message: null });
    const expectedEnd = Date.now() + 60_000;
    await enter("maintenance_on", { message: MESSAGE, expectedEnd });
    expect(await status()).toEqual({
      mode: "maintenance",
      message: MESSAGE,
      expectedEnd,
      retryAfterMs: 90_000,
      announcement: null,
      progress: null,
    });
  });
});

describe("a certificate's challenge", () => {
  test.each(["hold", "maintenance_on"] as const)("reaches the app in %s", async (mode) => {
    const { enter, ask, upstream } = await setUp();
    await enter(mode);
    const target = "/.well-known/acme-challenge/token";
    expect(await ask("GET", target)).toMatchObject({ status: 200, body: "app" });
    expect(upstream.targets).toEqual([target]);
  });
});
