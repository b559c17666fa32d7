import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openClient } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

async function openStage() {
  const clock = new ManualClock();
  const upstream = await startScriptedUpstream();
  const gateway = await openGateway({ blue: upstream.url, clock });
  /** A reload whose file has another service in its place. */
  const remove = () => {
    const services = gateway.settings.services.map((service) => ({ ...service, name: "other" }));
    return gateway.control.reconfigure({ ...gateway.settings, services });
  };
  return { clock, upstream, gateway, remove };
}

test("a request that comes during the gateway's end is not kept by a hold", async () => {
  const { gateway } = await openStage();
  await gateway.dispatch({ type: "hold", service: "chat" });
  const client = await openClient(gateway.port);
  client.send("GET / HTTP/1.1\r\n");
  await eventually(() => expect(gateway.gateway.status().connections).toBe(1));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  const closed = gateway.gateway.close();
  client.send("Host: chat.example.com\r\n\r\n");
  expect(await client.answer()).toMatchObject({ status: 503 });
  client.leave();
  await closed;
});

test("the gateway's end takes the tunnels of a removed service along", async () => {
  const { clock, gateway, remove } = await openStage();
  const client = new RawWebSocket(gateway.port);
  onTestFinished(() => client.destroy());
  expect(await client.answered).toBe(101);
  await remove();
  const closed = gateway.gateway.close();
  await client.closed;
  expect(client.received.close).toMatchObject({ code: 1012 });
  // The upstream never ends its side.
  clock.advance(3_000);
  await closed;
});

test("nothing public is listened to any more once the gateway's end has begun", async () => {
  const { gateway } = await openStage();
  expect(gateway.gateway.status().listening).toHaveLength(1);
  await gateway.gateway.close();
  expect(gateway.gateway.status().listening).toEqual([]);
});
