import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

/** An automatic hold that has begun, with a lease of a minute and one request held. */
async function unreachable() {
  const clock = new ManualClock();
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  await upstream.kill();
  const service = "    hold: { lease: 60s, maxWait: 10m }";
  const gateway = await openGateway({ blue: upstream.url, service, clock });
  const first = await askAlone(gateway.port, "GET", "/first");
  await eventually(() => expect(gateway.service.status().automaticHoldSince).not.toBeNull());
  return { clock, upstream, gateway, first };
}

const held = (count: number, gateway: Awaited<ReturnType<typeof unreachable>>["gateway"]) =>
  eventually(() => expect(gateway.service.status().held).toBe(count));

test("the lease of an automatic hold does not end a hold that was asked for meanwhile", async () => {
  const { clock, gateway, first, upstream } = await unreachable();
  await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 300_000 });
  clock.advance(61_000);
  expect(gateway.service.status()).toMatchObject({ held: 1, mode: { name: "hold" } });
  await upstream.listen();
  await eventually(() => {
    clock.advance(40);
    expect(gateway.service.status().automaticHoldSince).toBeNull();
  });
  await gateway.dispatch({ type: "release", service: "chat" });
  expect(await first.answer()).toMatchObject({ status: 200 });
});

test("a release while the upstream is away for longer than the lease refuses what was held", async () => {
  const { clock, gateway, first } = await unreachable();
  await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 300_000 });
  const second = await askAlone(gateway.port, "GET", "/second");
  await held(2, gateway);
  clock.advance(61_000);
  await gateway.dispatch({ type: "release", service: "chat" });
  expect(await first.answer()).toMatchObject({ status: 503 });
  expect(await second.answer()).toMatchObject({ status: 503 });
  expect(gateway.service.status().held).toBe(0);
});

test("a reload that switches the automatic hold off ends the one that is on", async () => {
  const { gateway, first } = await unreachable();
  const [chat, ...others] = gateway.settings.services;
  if (!chat) throw new Error("there is no service");
  const services = [{ ...chat, hold: { ...chat.hold, automatic: false } }, ...others];
  await gateway.control.reconfigure({ ...gateway.settings, services });
  expect(await first.answer()).toMatchObject({ status: 502 });
  expect(gateway.service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
});

test("a cutover to an upstream that answers ends an automatic hold, and tells it", async () => {
  const { gateway, first } = await unreachable();
  const green = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "green") });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  const cutover = {
    type: "cutover",
    service: "chat",
    to: "green",
    force: true,
    candidateHealthy: false,
  } as const;
  await gateway.dispatch(cutover);
  expect(await first.answer()).toMatchObject({ status: 200, body: "green" });
  expect(gateway.events.map(({ type }) => type)).toContain("automatic_hold_ended");
});
