// A canary from its beginning to the cutover, over control and real sockets.

import { expect, onTestFinished, test } from "vitest";
import { allAsk, browsers } from "../support/browser-like.ts";
import { eventually } from "../support/eventually.ts";
import { openClient } from "../support/keep-alive-client.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startGateway, type StartedGateway } from "../support/start-gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const QUICK = "    health: { interval: 20ms, good: 1, bad: 1 }";
const service = "chat";

async function setUp() {
  const answering = (name: string) => (arrival: Arrival) => arrival.answer(200, name);
  const blue = await startScriptedUpstream({ onArrival: answering("blue") });
  const green = await startScriptedUpstream({ onArrival: answering("green") });
  const dataDir = await temporaryDirectory();
  const start = async (): Promise<StartedGateway> => {
    const gateway = await startGateway({ blue: blue.url, service: QUICK, dataDir });
    onTestFinished(() => gateway.close());
    return gateway;
  };
  const healthy = (gateway: StartedGateway, upstream: string) =>
    eventually(() => expect(gateway.service.health(upstream).state).toBe("healthy"));
  return { blue, green, start, healthy };
}

test("clients stay where they are over a restart, until the cutover brings all to the new version", async () => {
  const { green, start, healthy } = await setUp();
  const clients = browsers(100);
  const first = await start();
  await first.dispatch({ type: "put_upstream", service, name: "green", urls: [green.url] });
  await first.dispatch({ type: "set_candidate", service, upstream: "green" });
  await healthy(first, "green");
  await first.dispatch({ type: "set_canary", service, percent: 20 });
  const before = await allAsk(clients, [await openClient(first.port)]);
  expect(before).toContain("green");
  expect(before).toContain("blue");
  await first.close();

  const second = await start();
  await healthy(second, "green");
  const connection = await openClient(second.port);
  expect(await allAsk(clients, [connection])).toEqual(before);
  await second.dispatch({ type: "cutover", service, force: false, candidateHealthy: true });
  expect(second.service.status().canary).toBeNull();
  expect(new Set(await allAsk(clients, [connection]))).toEqual(new Set(["green"]));
});

test("a rollback in the middle of a canary of the next version ends it", async () => {
  const { green, start, healthy } = await setUp();
  const gateway = await start();
  await gateway.dispatch({ type: "put_upstream", service, name: "green", urls: [green.url] });
  await gateway.dispatch({ type: "put_upstream", service, name: "red", urls: [green.url] });
  await gateway.dispatch({ type: "cutover", service, to: "green", force: true, candidateHealthy: false });
  await gateway.dispatch({ type: "set_candidate", service, upstream: "red" });
  await healthy(gateway, "red");
  await gateway.dispatch({ type: "set_canary", service, percent: 100 });
  await gateway.dispatch({ type: "rollback", service, force: true, previousHealthy: false });
  expect(new Set(await allAsk(browsers(5), [await openClient(gateway.port)]))).toEqual(new Set(["blue"]));
});
