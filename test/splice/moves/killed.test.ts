// A real process, killed with SIGKILL under traffic, and back after 3 s.

import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { openGateway } from "../../support/open-gateway.ts";
import { rig } from "../rigs/plain-rig.ts";
import { PushCounters, type RigClient } from "../rigs/rig.ts";
import { type RigProcess, startRigProcess } from "../rigs/start-rig-process.ts";

const CLIENTS = 40;
const AWAY_MS = 3000;

test.each(["reconnect", "keep"] as const)(
  "with onUnknown: %s nothing is doubled, and who may have lost something is counted",
  { timeout: 60_000 },
  async (onUnknown) => {
    const pushed = new PushCounters();
    const old = await startRigProcess({ rig: "plain", pushed });
    const gateway = await openGateway({ blue: old.url, service: splicing(onUnknown) });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => rig.connect(gateway.url)));
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))));
    const stop = sendAllTheTime(clients);
    await eventually(() => clients.forEach(({ id }) => expect(old.received(id).length).toBeGreaterThan(5)));
    await old.kill();
    await setTimeout(AWAY_MS);
    const back = await startRigProcess({ rig: "plain", pushed, port: old.port });
    const counters = () => gateway.service.status().counters;
    await eventually(() => expect(counters().spliced + counters().reconnected).toBe(CLIENTS));
    await eventually(() =>
      clients
        .filter(({ isConnected }) => isConnected)
        .forEach(({ id, sent }) => expect(back.received(id).at(-1)).toBeGreaterThan(sent - 5)),
    );
    stop();
    const { spliced, reconnected, unsureKept, givenUp } = counters();
    expect(reconnected).toBe(givenUp.unsure);
    if (onUnknown === "keep") expect({ spliced, reconnected }).toEqual({ spliced: CLIENTS, reconnected: 0 });
    else expect(reconnected).toBeGreaterThan(0);
    expect(unsureKept > 0).toBe(onUnknown === "keep");
    for (const client of clients) expectOnceAndInOrder(client, old, back);
  },
);

function splicing(onUnknown: string): string {
  return `    websocket: { onUpstreamLoss: splice, protocol: plain, splice: { onUnknown: ${onUnknown} } }`;
}

function sendAllTheTime(clients: readonly RigClient[]): () => void {
  const timer = setInterval(() => {
    for (const client of clients) if (client.isConnected) client.send();
  }, 20);
  onTestFinished(() => clearInterval(timer));
  return () => clearInterval(timer);
}

/** What the old one had not been sent comes to the new one, without a gap in it. */
function expectOnceAndInOrder(
  { id, isConnected, disruptions }: RigClient,
  old: RigProcess,
  back: RigProcess,
): void {
  const before = old.received(id);
  const after = back.received(id);
  expect(before).toEqual(before.map((_, index) => index + 1));
  if (!isConnected) return expect(disruptions).toEqual(["close 1012 service restart"]);
  const first = after[0] ?? 0;
  expect(first).toBeGreaterThan(before.length);
  expect(after).toEqual(after.map((_, index) => first + index));
}
