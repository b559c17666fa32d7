// Protocols that cannot be moved: the gateway knows it, and their clients come back by what their libraries do.

import { describe, expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { NEVER_MOVED_RIGS } from "./all-rigs.ts";
import { openStage } from "./numbered-traffic.ts";

const CLIENTS = 5;

describe.each(NEVER_MOVED_RIGS)("$title", (neverMoved) => {
  test("is recognised, asked to come back at a cutover, and works with the new version", async () => {
    const stage = await openStage(neverMoved);
    const green = await stage.startServer("green");
    const clients = await stage.connect(CLIENTS);
    expect(stage.gateway.service.status().tunnelsBy).toEqual([
      { policy: "splice", protocol: neverMoved.title, count: CLIENTS },
    ]);
    await cutOver(stage.gateway, "green", green.url);
    await eventually(() => clients.forEach((client) => expect(green.push(client.id)).toBe(true)));
    await eventually(() =>
      clients.forEach((client) => expect(client.received).toContain(stage.pushed.last(client.id))),
    );
    expect(stage.gateway.service.status().counters).toMatchObject({
      spliced: 0,
      reconnected: CLIENTS,
      cut: 0,
      givenUp: { obstacle: CLIENTS },
    });
  });
});
