// An upstream that dies without a word, and comes back.

import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { RigClient } from "../rigs/rig.ts";
import { withEachRig } from "./all-rigs.ts";
import { expectNothingLost, openStage, type Stage, talk } from "./numbered-traffic.ts";

const CLIENTS = 10;
/** Longer than `splice.unknownWindow`. */
const QUIET_MS = 1200;
const AWAY_MS = 3000;

describe("an upstream that is killed, and back after 3 s", () => {
  test(
    "leaves clients that had nothing under way connected, and has what they said meanwhile",
    () =>
      withEachRig(async (moved) => {
        const stage = await openStage(moved);
        const clients = await stage.connect(CLIENTS);
        await exchange(stage, clients);
        await setTimeout(QUIET_MS);
        const back = await killAndStart(stage, () => clients.forEach((client) => client.send()));
        await eventually(() => expect(back.connections).toBe(CLIENTS));
        await exchange(stage, clients);
        await expectNothingLost(stage, clients);
        expect(stage.gateway.service.status().counters).toMatchObject({
          spliced: CLIENTS,
          reconnected: 0,
          unsureKept: 0,
          givenUp: { unsure: 0 },
        });
      }),
    60_000,
  );

  test(
    "has had nothing twice under traffic, and who may have lost something is told to come back",
    () =>
      withEachRig(async (moved) => {
        const stage = await openStage(moved);
        const clients = await stage.connect(CLIENTS);
        const traffic = talk(stage, clients, 20);
        await eventually(() =>
          clients.forEach((client) => expect(client.received.length).toBeGreaterThan(3)),
        );
        await killAndStart(stage, () => {});
        const ended = () => stage.gateway.service.status().counters;
        await eventually(() => expect(ended().spliced + ended().reconnected).toBeGreaterThanOrEqual(CLIENTS));
        traffic.stop();
        // An acknowledgement that is still due says as well that something may be lost.
        expect(ended().givenUp.unsure + ended().givenUp.obstacle).toBe(ended().reconnected);
        for (const client of clients) {
          expect(new Set(stage.pushed.arrived(client.id)).size).toBe(stage.pushed.arrived(client.id).length);
          expect(new Set(client.received).size).toBe(client.received.length);
        }
      }),
    60_000,
  );
});

/** One message each way, by all. */
async function exchange(stage: Stage, clients: readonly RigClient[]): Promise<void> {
  for (const client of clients) {
    client.send();
    // A subscription that was made anew is not answered, so nobody knows from when on it stands.
    await eventually(() => expect(stage.servers.some((server) => server.push(client.id))).toBe(true));
  }
  await expectNothingLost(stage, clients);
}

async function killAndStart(stage: Stage, meanwhile: () => void) {
  const [old] = stage.servers;
  if (!old) throw new Error("there is no server");
  old.kill();
  await eventually(() => expect(stage.gateway.service.status().parked).toBeGreaterThan(0), 5000).catch(
    () => {},
  );
  meanwhile();
  await setTimeout(AWAY_MS);
  return stage.startServer("back", old.port);
}
