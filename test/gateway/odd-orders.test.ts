// Mode, slots and reachability are independent machines; these are orders in which people seldom move them.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

test("maintenance in the middle of a release refuses the rest, and all requests are accounted for", async () => {
  const upstream = await startScriptedUpstream();
  const gateway = await openGateway({ blue: upstream.url, service: "    release: { initial: 2 }" });
  await gateway.dispatch({ type: "hold", service: "chat" });
  const clients = await holdInOrder(gateway, 6);
  await gateway.dispatch({ type: "release", service: "chat" });
  await upstream.arrived(2);
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  for (const client of clients.slice(2)) expect(await client.answer()).toMatchObject({ status: 503 });
  for (const arrival of upstream.arrivals) arrival.answer();
  for (const client of clients.slice(0, 2)) expect(await client.answer()).toMatchObject({ status: 200 });
  await gateway.dispatch({ type: "maintenance_off", service: "chat" });
  const later = await askAlone(gateway.port, "GET", "/later");
  (await upstream.arrivalOf("/later")).answer();
  expect(await later.answer()).toMatchObject({ status: 200 });
  const { counters, held } = gateway.service.status();
  expect(counters).toMatchObject({ admitted: 7, forwarded: 3, refused: 4 });
  expect(held).toBe(0);
});

test("cutovers back and forth during a drain cut only what is left on the upstream that was left last", async () => {
  const clock = new ManualClock();
  const blue = await startScriptedUpstream();
  const green = await startScriptedUpstream();
  const gateway = await openGateway({ blue: blue.url, clock });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  const onBlue = await askAlone(gateway.port, "POST", "/a", { body: "x" });
  await blue.arrived(1);
  const cut = (to: string) =>
    gateway.dispatch({ type: "cutover", service: "chat", to, force: true, candidateHealthy: false });
  await cut("green");
  const onGreen = await askAlone(gateway.port, "POST", "/b", { body: "x" });
  await green.arrived(1);
  await cut("blue");
  await cut("green");
  await cut("blue");
  clock.advance(31_000);
  blue.arrivals[0]?.answer();
  expect(await onBlue.answer()).toMatchObject({ status: 200 });
  await onGreen.ends();
  expect(gateway.service.status().upstreams.map(({ drainingUntil }) => drainingUntil)).toEqual([null, null]);
});

test("what is held, or taken back, goes to the new address when the active upstream is given one during the hold", async () => {
  const blue = await startScriptedUpstream();
  const moved = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "moved") });
  const gateway = await openGateway({ blue: blue.url });
  const slow = await askAlone(gateway.port, "GET", "/slow");
  await blue.arrived(1);
  await gateway.dispatch({ type: "hold", service: "chat" });
  const [one] = await holdInOrder(gateway, 1);
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls: [moved.url] });
  await gateway.dispatch({ type: "release", service: "chat" });
  expect(await one?.answer()).toMatchObject({ body: "moved" });
  expect(await slow.answer()).toMatchObject({ body: "moved" });
});

test("a lease that ends in `open` while the upstream is away is followed by an automatic hold", async () => {
  const clock = new ManualClock();
  const blue = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gateway = await openGateway({ blue: blue.url, clock });
  await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 5000, onLeaseEnd: "open" });
  const clients = await holdInOrder(gateway, 3);
  await blue.kill();
  clock.advance(5000);
  await eventually(() => expect(gateway.service.status()).toMatchObject({ held: 3, mode: { name: "open" } }));
  await eventually(() => expect(gateway.service.status().automaticHoldSince).not.toBeNull());
  await blue.listen();
  await eventually(() => {
    clock.advance(40);
    expect(gateway.service.status().held).toBe(0);
  });
  for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200 });
  await eventually(() => expect(gateway.control.state.services["chat"]?.mode.name).toBe("open"));
});
