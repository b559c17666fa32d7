import { expect, it, onTestFinished } from "vitest";
import { AdminClient } from "../../../src/client/admin-client.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { listenForOrders } from "../../../src/upgrade/gateway/runner-connection.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeAdmin } from "../../support/fake-admin.ts";

it("a runner hears orders, and connects again when the gateway was away", async () => {
  const admin = new FakeAdmin();
  const port = await admin.listenOnTcp();
  onTestFinished(() => admin.close());
  let connections = 0;
  admin.on("GET /admin/runner?accepts=plans", (response) => {
    connections += 1;
    if (connections === 2) return void response.destroy();
    response.write(`retry: 2000\n\n: still here\n\ndata: {"order":"cancel","id":"run-${connections}"}\n\n`);
    if (connections === 1) response.end();
  });
  const client = new AdminClient(
    { target: { kind: "tcp", host: "127.0.0.1", port }, name: "fake" },
    systemClock,
  );
  const stop = new AbortController();
  const orders: string[] = [];
  const lost: string[] = [];
  const listening = listenForOrders(
    {
      client,
      clock: systemClock,
      accepts: "plans",
      onOrder: ({ order, id }) => orders.push(`${order} ${id}`),
      onLost: (reason) => lost.push(reason),
    },
    stop.signal,
  );
  await eventually(() => expect(orders).toEqual(["cancel run-1", "cancel run-3"]));
  stop.abort();
  await listening;
  expect(lost[0]).toContain("ended the connection");
});
