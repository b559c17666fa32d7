import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

test("a request that is lost and sent again at once is no release worth telling", async () => {
  const upstream = await startScriptedUpstream();
  const gateway = await openGateway({ blue: upstream.url });
  const client = await askAlone(gateway.port, "GET", "/lost");
  const [first] = await upstream.arrived(1);
  first?.cut();
  const [, again] = await upstream.arrived(2);
  again?.answer();
  expect(await client.answer()).toMatchObject({ status: 200 });
  expect(gateway.service.status().counters).toMatchObject({ resent: 1, released: 1 });
  expect(gateway.events.map(({ type }) => type).filter((type) => type.startsWith("release"))).toEqual([]);
});

test("the release of a hold is told, however few were held", async () => {
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gateway = await openGateway({ blue: upstream.url });
  await gateway.dispatch({ type: "hold", service: "chat" });
  const clients = await holdInOrder(gateway, 2);
  await gateway.dispatch({ type: "release", service: "chat" });
  for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200 });
  await eventually(() =>
    expect(gateway.events.filter(({ type }) => type.startsWith("release"))).toMatchObject([
      { type: "release_started", held: 2 },
      { type: "release_finished", released: 2 },
    ]),
  );
});
