// Clients that send what costs them little, to make it cost us much: memory for requests that wait, time
// for bytes that say nothing, patience for what never comes.

import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine, type StartEngineOptions } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function setUp(options: Partial<StartEngineOptions> = {}) {
  const upstream = await RawUpstream.start(OK);
  const started = await startEngine({ urls: [upstream.url], ...options });
  return { ...started, client: await rawClient(started.port) };
}

it("pipelined requests wait in the socket, not in memory", async () => {
  const { client, owner } = await setUp();
  const requests = 20_000;
  client.send(GET.repeat(requests));
  await owner.until("the first request", () => owner.exchanges.length > 0);
  const socket = owner.exchanges[0]?.client.socket;
  let mostWaiting = 0;
  await owner.until("all answers", () => {
    mostWaiting = Math.max(mostWaiting, (socket?.bytesRead ?? 0) - owner.exchanges.length * GET.length);
    return owner.outcomes.length === requests;
  });
  expect(mostWaiting).toBeLessThan(256 * 1024);
});

it("empty lines without end are thrown away, however they are split", async () => {
  const { client } = await setUp();
  const flood = Buffer.from(`\r${"\n\r".repeat(4 * 1024 * 1024)}`);
  const before = process.cpuUsage();
  client.send(flood);
  client.send(`\n${GET}`);
  await client.hears("\r\n\r\nok");
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(2000);
});

it("half of an empty line begins no head: the patience for the next request goes on", async () => {
  const clock = new ManualClock();
  const { client, engine, owner } = await setUp({ clock });
  client.send(GET);
  await client.hears("\r\n\r\nok");
  const socket = owner.exchanges[0]?.client.socket;
  let sent = socket?.bytesRead ?? 0;
  for (let round = 0; round < 10; round++) {
    clock.advance(8000);
    client.send(round % 2 === 0 ? "\r" : "\n");
    await eventually(() => expect(engine.connections === 0 || socket?.bytesRead === sent + 1).toBe(true));
    sent++;
  }
  await client.ends();
});
