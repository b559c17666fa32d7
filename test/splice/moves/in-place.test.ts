// An app that is replaced in its place, under a hold that is longer than any client's heartbeat: nobody notices.

import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { type MovedRig, NEVER_MOVED_RIGS, withEachRig } from "./all-rigs.ts";
import { expectNothingLost, openStage, type Stage, talk } from "./numbered-traffic.ts";

const CLIENTS = 5;
const EVERY_MS = 500;
// Real time: the heartbeats are those of the libraries.
const HOLD_MS = 60_000;

test(
  "a hold of a minute disconnects nobody and loses nothing: of those that are moved though the app is replaced in it",
  { timeout: 120_000 },
  () => Promise.all([withEachRig(throughReplacement), withEachRig(throughHold, NEVER_MOVED_RIGS)]),
);

async function throughReplacement(moved: MovedRig): Promise<void> {
  const stage = await openStage(moved);
  const clients = await stage.connect(CLIENTS);
  const traffic = talk(stage, clients, EVERY_MS);
  await replaceInPlace(stage);
  await eventually(() => expect(stage.gateway.service.status().counters.spliced).toBe(CLIENTS));
  await eventually(() => clients.forEach((client) => expect(client.received.length).toBeGreaterThan(3)));
  traffic.stop();
  await expectNothingLost(stage, clients);
  expectAllThere(stage);
}

/** They stay where they are, and talk on. */
async function throughHold(neverMoved: MovedRig): Promise<void> {
  const stage = await openStage(neverMoved);
  const clients = await stage.connect(CLIENTS);
  const traffic = talk(stage, clients, EVERY_MS);
  await stage.gateway.dispatch({ type: "hold", service: "chat" });
  await setTimeout(HOLD_MS);
  await stage.gateway.dispatch({ type: "release", service: "chat" });
  traffic.stop();
  await expectNothingLost(stage, clients);
  expectAllThere(stage);
}

function expectAllThere({ gateway }: Stage): void {
  const { parked, tunnels, counters } = gateway.service.status();
  expect({ parked, tunnels, reconnected: counters.reconnected }).toEqual({
    parked: 0,
    tunnels: CLIENTS,
    reconnected: 0,
  });
}

async function replaceInPlace(stage: Stage): Promise<void> {
  const [old] = stage.servers;
  if (!old) throw new Error("there is no server");
  const { gateway } = stage;
  await gateway.dispatch({ type: "hold", service: "chat" });
  const left = await gateway.service.whenQuiet(AbortSignal.timeout(10_000));
  expect(left).toEqual({ inFlight: 0, tunnels: 0, held: 0 });
  expect(gateway.service.status()).toMatchObject({ parked: CLIENTS, tunnels: CLIENTS });
  await eventually(() => expect(old.connections).toBe(0));
  await old.stop();
  await setTimeout(HOLD_MS);
  await stage.startServer("new", old.port);
  await gateway.dispatch({ type: "release", service: "chat" });
}
