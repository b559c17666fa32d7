// A host that stands for the candidate, so that operators can look at it before users do.

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { type Answer, askAlone, type KeepAliveClient } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";

const TEST_HOST = "testing.chat.example.com";

/** Blue is active, green the candidate; a request for `/waits` waits, all others are answered with their name. */
async function setUp(clock?: ManualClock) {
  const answering = (name: string) => (arrival: Arrival) => {
    if (arrival.target !== "/waits") arrival.answer(200, name);
  };
  const blue = await startScriptedUpstream({ onArrival: answering("blue") });
  const green = await startScriptedUpstream({ onArrival: answering("green") });
  const hosts = `    hosts: [chat.example.com]\n    testHosts: [${TEST_HOST}]`;
  const gateway = await openGateway({ blue: blue.url, service: hosts, ...(clock && { clock }) });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  await gateway.dispatch({ type: "set_candidate", service: "chat", upstream: "green" });
  const ask = (host: string, target = "/", headers = {}): Promise<KeepAliveClient> =>
    askAlone(gateway.port, "GET", target, { headers: { Host: host, ...headers } });
  const get = async (host: string): Promise<Answer> => (await ask(host)).answer();
  return { blue, green, gateway, service: gateway.service, ask, get };
}

describe("the test host", () => {
  test("leads to the candidate while the other hosts lead to the active upstream", async () => {
    const { get, ask, green } = await setUp();
    expect(await get(TEST_HOST)).toMatchObject({ status: 200, body: "green" });
    expect(await get("chat.example.com")).toMatchObject({ status: 200, body: "blue" });
    const tunnel = await ask(TEST_HOST, "/ws", HANDSHAKE);
    await tunnel.hears("HTTP/1.1 101 ");
    expect(green.targets).toEqual(["/", "/ws"]);
  });

  test("leads there in a hold and in maintenance too", async () => {
    const { get, gateway, blue } = await setUp();
    for (const type of ["hold", "maintenance_on"] as const) {
      await gateway.dispatch({ type, service: "chat" });
      expect(await get(TEST_HOST)).toMatchObject({ status: 200, body: "green" });
    }
    expect(blue.targets).toEqual([]);
  });

  test("is answered with 503 when there is no candidate, also right after the cutover to it", async () => {
    const { get, gateway } = await setUp();
    const cutover = { type: "cutover", service: "chat", force: false, candidateHealthy: true } as const;
    await gateway.dispatch(cutover);
    expect(await get(TEST_HOST)).toMatchObject({ status: 503 });
    expect(await get("chat.example.com")).toMatchObject({ status: 200, body: "green" });
  });
});

describe("a request of the test host never reaches the active upstream", () => {
  test("when the candidate cannot be reached: it fails with 502 at once and holds nobody up", async () => {
    const { get, green, blue, service } = await setUp();
    await green.kill();
    expect(await get(TEST_HOST)).toMatchObject({ status: 502 });
    expect(service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
    expect(await get("chat.example.com")).toMatchObject({ body: "blue" });
    expect(blue.targets).toEqual(["/"]);
  });

  test("when it is lost after the candidate was cleared", async () => {
    const { ask, gateway, green, blue, service } = await setUp();
    const client = await ask(TEST_HOST, "/waits");
    await green.arrivalOf("/waits");
    await gateway.dispatch({ type: "clear_candidate", service: "chat" });
    await green.kill();
    expect(await client.answer()).toMatchObject({ status: 502 });
    expect(blue.targets).toEqual([]);
    expect(service.status().counters).toMatchObject({ admitted: 1, forwarded: 1, held: 0 });
  });

  test("when the candidate moves to another address: it is taken there", async () => {
    const clock = new ManualClock();
    const { ask, gateway, green, blue, service } = await setUp(clock);
    const client = await ask(TEST_HOST, "/waits");
    await green.arrivalOf("/waits");
    const moved = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "moved") });
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [moved.url] });
    clock.advance(1000);
    expect(await client.answer()).toMatchObject({ status: 200, body: "moved" });
    expect([blue.targets, green.targets, moved.targets]).toEqual([[], ["/waits"], ["/waits"]]);
    await eventually(() => expect(service.status().inFlight).toBe(0));
    expect(service.status().counters).toMatchObject({ admitted: 1, forwarded: 1, held: 0 });
  });
});
