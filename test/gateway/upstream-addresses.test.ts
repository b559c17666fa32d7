import { expect, onTestFinished, test } from "vitest";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { eventually } from "../support/eventually.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startService } from "../support/start-service.ts";
import { TunnelServer } from "../support/tunnel-server.ts";

test("another address drains the one before, and is no cutover", async () => {
  const blue = await TunnelServer.start();
  onTestFinished(() => blue.close());
  const gateway = await openGateway({ blue: blue.url });
  const client = await RawWebSocket.open(gateway.port);
  onTestFinished(() => client.destroy());
  const { url } = await startScriptedUpstream();
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls: [url] });
  await client.closed;
  expect(client.received.close).toMatchObject({ code: 1012 });
  await eventually(() => expect(gateway.events.map(({ type }) => type)).toContain("drain_finished"));
  expect(gateway.service.status().counters.cutovers).toBe(0);
});

test("of several addresses one that cannot be reached holds nobody", async () => {
  const here = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gone = await startScriptedUpstream();
  await gone.kill();
  const gateway = await openGateway({ blue: here.url });
  const urls = [gone.url, here.url];
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls });
  const client = await openClient(gateway.port);
  for (let count = 0; count < 5; count++) {
    expect(await client.request("GET", "/")).toMatchObject({ status: 200 });
  }
  const posted = await askAlone(gateway.port, "POST", "/", { body: "once" });
  expect(await posted.answer()).toMatchObject({ status: 200 });
  expect(gateway.events.map(({ type }) => type)).not.toContain("automatic_hold_started");
  const status = gateway.service.status();
  expect(status.counters.connectFailures).toBeGreaterThan(0);
  expect(status.upstreams.find(({ name }) => name === "blue")?.addresses).toMatchObject([
    { url: gone.url, inFlight: 0, ejected: true },
    { url: here.url, inFlight: 0, ejected: false, problem: null },
  ]);
});

test("an address that is back gets work again as soon as a probe is answered there", async () => {
  const onArrival = (arrival: Arrival) => arrival.answer();
  const [one, two] = [await startScriptedUpstream({ onArrival }), await startScriptedUpstream({ onArrival })];
  const upstreams = { blue: { urls: [one.url, two.url] } };
  const { port, service, clock, close } = await startService({ upstreams });
  onTestFinished(close);
  const addresses = () => service.status().upstreams[0]?.addresses.map(({ ejected }) => ejected);
  const client = await openClient(port);
  await one.kill();
  // Each failure makes it longer: without a probe it would be a minute in the end.
  for (let times = 0; times < 4; times++) await client.request("GET", "/");
  expect(addresses()).toEqual([true, false]);
  await one.listen();
  await eventually(() => {
    clock.advance(1000);
    expect(addresses()).toEqual([false, false]);
  });
  expect(clock.now()).toBeLessThan(60_000);
}, 20_000);

test("when none of several addresses can be reached, requests are held until one can", async () => {
  const upstreams = [await startScriptedUpstream(), await startScriptedUpstream()];
  for (const upstream of upstreams) await upstream.kill();
  const gateway = await openGateway({ blue: "http://127.0.0.1:1" });
  const urls = upstreams.map(({ url }) => url);
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls });
  const client = await askAlone(gateway.port, "GET", "/");
  await eventually(() => expect(gateway.service.status()).toMatchObject({ held: 1 }));
  await upstreams[1]?.listen();
  const [arrival] = (await upstreams[1]?.arrived(1)) ?? [];
  arrival?.answer();
  expect(await client.answer()).toMatchObject({ status: 200 });
});
