import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

test("the time that requests were held adds up over those released and those refused", async () => {
  const clock = new ManualClock();
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gateway = await openGateway({ blue: upstream.url, clock });
  await gateway.dispatch({ type: "hold", service: "chat" });
  const released = await holdInOrder(gateway, 2);
  clock.advance(1500);
  await gateway.dispatch({ type: "release", service: "chat" });
  for (const client of released) {
    expect(await client.answer()).toMatchObject({ headers: { "holdgate-held": "1500" } });
  }
  await gateway.dispatch({ type: "hold", service: "chat" });
  const refused = await askAlone(gateway.port, "GET", "/refused");
  await eventually(() => expect(gateway.service.status().held).toBe(1));
  clock.advance(250);
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  expect(await refused.answer()).toMatchObject({ status: 503, headers: { "holdgate-held": "250" } });
  expect(gateway.service.status().counters).toMatchObject({ held: 3, heldMs: 3250 });
});
