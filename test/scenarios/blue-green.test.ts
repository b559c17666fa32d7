// Two versions of the app side by side, and the step from one to the other.

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServiceStatus } from "../../src/gateway/gateway-port.ts";
import { callAdmin } from "../support/call-admin.ts";
import { messagesByKey, startChatProcess } from "../support/chat-process.ts";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { type HoldgateProcess, startHoldgate } from "../support/start-holdgate.ts";
import { KEY_HEADER, startSteadyLoad } from "../support/steady-load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const NEVER = new AbortController().signal;

/** `holdgate run` with these two upstreams, blue active, and its admin API. */
async function startWithTwo(dir: string, blue: string, green: string) {
  const upstreams = `upstreams: { blue: "${blue}", green: "${green}" }`;
  const gateway: HoldgateProcess = await startHoldgate(
    dir,
    `services: { chat: { ${upstreams}, health: { path: /api/health, interval: 50ms } } }`,
  );
  onTestFinished(async () => void (await gateway.end("SIGKILL")));
  const chat = (method: string, what: string, body = {}) =>
    callAdmin(gateway.adminSocket, method, `/admin/services/chat/${what}`, body);
  return { gateway, chat };
}

async function statusOf({ adminSocket }: HoldgateProcess): Promise<ServiceStatus> {
  const { body } = await callAdmin(adminSocket, "GET", "/admin/status");
  const services: ServiceStatus[] = Array.isArray(body["services"]) ? body["services"] : [];
  const [chat] = services;
  if (!chat) throw new Error("the gateway has no service");
  return chat;
}

/** A gateway in the test's process, with green known beside blue. */
async function openWithTwo(service = "", clock?: ManualClock) {
  const blue = await startScriptedUpstream();
  const green = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "green") });
  const gateway = await openGateway({ blue: blue.url, service, ...(clock && { clock }) });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  const cutOver = () =>
    gateway.dispatch({ type: "cutover", service: "chat", to: "green", force: false, candidateHealthy: true });
  const told = (type: string) => gateway.events.filter((event) => event.type === type);
  return { blue, green, gateway, service: gateway.service, cutOver, told };
}

function keysAt({ arrivals }: ScriptedUpstream): Set<unknown> {
  const keys = arrivals.map(({ headers }) => headers[KEY_HEADER]);
  return new Set(keys.filter((key) => key !== undefined));
}

function tunnelsAt({ targets }: ScriptedUpstream): number {
  return targets.filter((target) => target === "/ws").length;
}

describe("a cutover and a rollback under load", () => {
  test("lose nothing, and every POST is stored exactly once", async () => {
    const dir = await temporaryDirectory();
    const db = join(dir, "chat.db");
    const [blue, green] = [await startChatProcess({ db }), await startChatProcess({ db, version: "2.0.0" })];
    const { gateway, chat } = await startWithTwo(dir, blue.url, green.url);
    const client = await openClient(gateway.port);
    const version = async () => JSON.parse((await client.request("GET", "/api/health")).body).version;
    const load = startSteadyLoad({ port: gateway.port, clients: 12 });
    await load.goesOn(200);
    expect(await version()).toBe("1.0.0");

    const candidate = await chat("PUT", "candidate", { upstream: "green", waitHealthy: true });
    expect(candidate).toMatchObject({ status: 200, body: { health: { state: "healthy" } } });
    const cutover = await chat("POST", "cutover", { wait: true });
    expect(cutover).toMatchObject({ status: 200, body: { settled: true } });
    expect(await version()).toBe("2.0.0");
    await load.goesOn(200);

    const rollback = await chat("POST", "rollback", { wait: true });
    expect(rollback).toMatchObject({ status: 200, body: { settled: true } });
    expect(await version()).toBe("1.0.0");
    await load.goesOn(200);
    await load.stop();

    expect(load.failed).toEqual([]);
    const posted = load.sent.filter(({ method }) => method === "POST").map(({ key }) => key);
    expect(messagesByKey(db)).toEqual(new Map(posted.map((key) => [key, 1])));
  });
});

describe("a cutover or rollback, once it is acknowledged", () => {
  test("leads nothing that begins later to the old upstream, no request and no tunnel", async () => {
    const onArrival = (arrival: Arrival) => arrival.answer(arrival.method === "POST" ? 201 : 200);
    const blue = await startScriptedUpstream({ onArrival });
    const green = await startScriptedUpstream({ onArrival });
    const { gateway, chat } = await startWithTwo(await temporaryDirectory(), blue.url, green.url);
    const load = startSteadyLoad({ port: gateway.port, clients: 12 });
    const newWorkAvoids = async (old: ScriptedUpstream) => {
      const [begunBefore, tunnelsBefore] = [load.sent.length, tunnelsAt(old)];
      for (let count = 1; count <= 5; count++) {
        const tunnel = await askAlone(gateway.port, "GET", "/ws", { headers: HANDSHAKE });
        await tunnel.hears("HTTP/1.1 101 ");
      }
      await load.goesOn(200);
      const keys = keysAt(old);
      expect(load.sent.slice(begunBefore).filter(({ key }) => keys.has(key))).toEqual([]);
      expect(tunnelsAt(old)).toBe(tunnelsBefore);
    };

    await load.goesOn(200);
    await chat("PUT", "candidate", { upstream: "green", waitHealthy: true });
    expect(await chat("POST", "cutover")).toMatchObject({ status: 200 });
    await newWorkAvoids(blue);
    expect(await chat("POST", "rollback")).toMatchObject({ status: 200 });
    await newWorkAvoids(green);
    await load.stop();

    expect(load.failed).toEqual([]);
    expect([tunnelsAt(blue), tunnelsAt(green)]).toEqual([5, 5]);
    const keys = [...keysAt(blue), ...keysAt(green)];
    expect(keys).toHaveLength(load.sent.length);
    expect(new Set(keys)).toEqual(new Set(load.sent.map(({ key }) => key)));
  });
});

describe("the health gate", () => {
  test("refuses a cutover to an unhealthy candidate, and a rollback to an unhealthy previous, but not by force", async () => {
    const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
    green.healthy = false;
    const { gateway, chat } = await startWithTwo(await temporaryDirectory(), blue.url, green.url);
    const notHealthy = { status: 409, body: { code: "not_healthy" } };

    expect(await chat("POST", "cutover")).toMatchObject({ status: 409, body: { code: "no_candidate" } });
    expect(await chat("PUT", "candidate", { upstream: "green", waitHealthy: "300ms" })).toMatchObject(
      notHealthy,
    );
    expect(await chat("POST", "cutover")).toMatchObject(notHealthy);
    expect(await chat("POST", "rollback")).toMatchObject({ status: 409, body: { code: "no_previous" } });
    expect((await statusOf(gateway)).slots).toEqual({ active: "blue", candidate: "green", previous: null });
    expect(await chat("POST", "cutover", { force: true })).toMatchObject({ status: 200 });
    expect((await statusOf(gateway)).slots).toEqual({ active: "green", candidate: null, previous: "blue" });

    blue.healthy = false;
    const isUnhealthy = { name: "blue", health: { state: "unhealthy" } };
    await eventually(async () => expect((await statusOf(gateway)).upstreams[0]).toMatchObject(isUnhealthy));
    expect(await chat("POST", "rollback")).toMatchObject(notHealthy);
    expect(await chat("POST", "rollback", { force: true })).toMatchObject({ status: 200 });
    expect((await statusOf(gateway)).slots).toEqual({ active: "blue", candidate: null, previous: "green" });
  });

  test("opens when the candidate has passed its probes", async () => {
    const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
    green.healthy = false;
    const { gateway, chat } = await startWithTwo(await temporaryDirectory(), blue.url, green.url);
    await chat("PUT", "candidate", { upstream: "green" });
    await eventually(() => expect(green.probes).toBeGreaterThanOrEqual(3));
    expect(await chat("POST", "cutover")).toMatchObject({ status: 409 });
    green.healthy = true;
    const candidate = await chat("PUT", "candidate", { upstream: "green", waitHealthy: true });
    expect(candidate).toMatchObject({ status: 200, body: { health: { state: "healthy", reason: null } } });
    expect(await chat("POST", "cutover")).toMatchObject({ status: 200 });
    expect((await statusOf(gateway)).slots).toEqual({ active: "green", candidate: null, previous: "blue" });
  });
});

describe("the old upstream after a cutover", () => {
  test("finishes what it has in flight, and then the drain is over", async () => {
    const { blue, green, gateway, service, cutOver, told } = await openWithTwo();
    const upload = await askAlone(gateway.port, "POST", "/upload");
    const posted = await blue.arrivalOf("/upload");
    await cutOver();
    expect(told("drain_started")).toMatchObject([{ upstream: "blue", inFlight: 1, tunnels: 0 }]);
    const drained = service.whenDrained("blue", NEVER);
    const next = await askAlone(gateway.port, "GET", "/next");
    expect(await next.answer()).toMatchObject({ body: "green" });
    expect(told("drain_finished")).toEqual([]);

    posted.answer(201, "blue");
    expect(await upload.answer()).toMatchObject({ status: 201, body: "blue" });
    expect(await drained).toEqual({ inFlight: 0, tunnels: 0, held: 0 });
    expect(told("drain_finished")).toEqual([
      { type: "drain_finished", service: "chat", upstream: "blue", cut: 0 },
    ]);
    expect([blue.targets, green.targets]).toEqual([["/upload"], ["/next"]]);
    await blue.left();
  });

  test("is cut at the deadline, and its clients see a broken connection", async () => {
    const { blue, gateway, service, cutOver, told } = await openWithTwo("    drainTimeout: 200ms");
    const unanswered = await askAlone(gateway.port, "POST", "/unanswered");
    await blue.arrivalOf("/unanswered");
    const halfway = await askAlone(gateway.port, "GET", "/halfway");
    (await blue.arrivalOf("/halfway")).begin();
    await halfway.hears("\r\n\r\n");
    await cutOver();
    expect(await service.whenDrained("blue", NEVER)).toEqual({ inFlight: 0, tunnels: 0, held: 0 });
    for (const client of [unanswered, halfway]) await client.ends();
    expect(unanswered.received).toBe("");
    expect(halfway.received).not.toContain("0\r\n\r\n");
    expect(told("drain_finished")).toMatchObject([{ upstream: "blue", cut: 2 }]);
    await blue.left();
  });

  test("takes over again at a rollback with all it still has in flight", async () => {
    const clock = new ManualClock();
    const { blue, green, gateway, service, cutOver, told } = await openWithTwo("    drainTimeout: 1s", clock);
    const slow = await askAlone(gateway.port, "POST", "/slow");
    const posted = await blue.arrivalOf("/slow");
    await cutOver();
    const rollback = { type: "rollback", service: "chat", force: false, previousHealthy: true } as const;
    await gateway.dispatch(rollback);
    expect(await service.whenDrained("green", NEVER)).toMatchObject({ inFlight: 0 });
    const next = await askAlone(gateway.port, "GET", "/next");
    (await blue.arrivalOf("/next")).answer(200, "blue");
    expect(await next.answer()).toMatchObject({ body: "blue" });
    clock.advance(10_000);
    posted.answer(201);
    expect(await slow.answer()).toMatchObject({ status: 201 });
    expect(told("drain_finished")).toMatchObject([{ upstream: "green", cut: 0 }]);
    expect(green.targets).toEqual([]);
  });
});

describe("a cutover during a hold", () => {
  test("moves what is held to the upstream that becomes active", async () => {
    const { blue, green, gateway, service, cutOver } = await openWithTwo();
    await gateway.dispatch({ type: "hold", service: "chat" });
    const clients = await holdInOrder(gateway, 5);
    await cutOver();
    expect(service.status()).toMatchObject({ held: 5, inFlight: 0, mode: { name: "hold" } });
    await gateway.dispatch({ type: "release", service: "chat" });
    for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200, body: "green" });
    expect(blue.targets).toEqual([]);
    expect(green.targets.toSorted()).toEqual(["/0", "/1", "/2", "/3", "/4"]);
  });

  test("ends an automatic hold, because the other upstream may well be there", async () => {
    const { blue, green, gateway, service, cutOver } = await openWithTwo();
    await blue.kill();
    const clients = await holdInOrder(gateway, 3);
    expect(service.status()).toMatchObject({ held: 3, automaticHoldSince: expect.any(Number) });
    await cutOver();
    for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200, body: "green" });
    expect(service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
    expect(green.targets.toSorted()).toEqual(["/0", "/1", "/2"]);
  });
});
