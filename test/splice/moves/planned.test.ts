// Cutovers to and fro under traffic of real client libraries: nobody notices.

import { describe, expect, test } from "vitest";
import type { ServiceCounters } from "../../../src/gateway/gateway-port.ts";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import type { RigClient } from "../rigs/rig.ts";
import { MOVED_RIGS } from "./all-rigs.ts";
import { expectNothingLost, openStage, type Stage, talk } from "./numbered-traffic.ts";

const CUTOVERS = 10;
const ANSWER_MS = 2000;
const RIGS = MOVED_RIGS.map((moved) => ({ ...moved, count: moved.title === "plain" ? 500 : 25 }));

describe.each(RIGS)("$count tunnels of $title", ({ count, ...moved }) => {
  test("lose, double and reorder nothing in ten cutovers, and nobody is disconnected", async () => {
    const stage = await openStage(moved);
    const [blue] = stage.servers;
    const green = await stage.startServer("green");
    const clients = await stage.connect(count);
    const traffic = talk(stage, clients, 100);
    for (let cutover = 1; cutover <= CUTOVERS; cutover += 1) {
      const to = cutover % 2 === 1 ? green : blue;
      if (!to) throw new Error("there is no such server");
      await cutOver(stage.gateway, to.version, to.url);
      await eventually(() => expect(to.connections).toBe(count), 10_000);
      await eventually(() => expect(movesOf(stage)).toEqual({ spliced: cutover * count, givenUp: [] }), 5000);
    }
    traffic.stop();
    await expectNothingLost(stage, clients);
    // Nobody only looks connected.
    await Promise.all(clients.map(async (client) => client.ask?.(AbortSignal.timeout(ANSWER_MS))));
    const { parked, tunnels, counters } = stage.gateway.service.status();
    expect({ parked, tunnels, reconnected: counters.reconnected, cut: counters.cut }).toEqual({
      parked: 0,
      tunnels: count,
      reconnected: 0,
      cut: 0,
    });
    report(moved.title, clients, counters);
  }, 60_000);
});

function movesOf({ gateway }: Stage) {
  const givenUp = gateway.events.filter(({ type }) => type === "tunnel_given_up");
  return { spliced: gateway.service.status().counters.spliced, givenUp };
}

/** For people: what a client felt. */
function report(name: string, clients: readonly RigClient[], { gapMs, spliced }: ServiceCounters): void {
  const silence = Math.max(...clients.map((client) => client.longestSilenceMs));
  console.log(`${name}: ${(gapMs / spliced).toFixed(1)} ms a move, longest silence ${silence.toFixed(0)} ms`);
}
