// Bodies of requests that wait in the host's server, larger than its buffers.

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { rawClient } from "../support/raw-client.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { HOSTS, startEmbedded } from "../support/start-embedded.ts";

// What the gateway reads of one body that waits, and a bit.
const MORE_THAN_IS_READ = 5 * 1024 * 1024;

describe.each(HOSTS)("a body that waits in front of %s", (host) => {
  test("never reaches the app when its client leaves in the middle of it", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const gate = await startEmbedded({ host, yaml: serviceOf(app.url) });
    await gate.holdgate("hold");
    const client = await rawClient(gate.port);
    client.send("POST /ghost HTTP/1.1\r\nHost: chat.example.com\r\nContent-Length: 300000\r\n\r\n");
    client.send("x".repeat(200_000));
    await eventually(async () => expect(await gate.status()).toMatchObject({ held: 1 }));
    await eventually(() => expect(client.socket.writableLength).toBe(0));
    client.socket.resetAndDestroy();
    await eventually(async () =>
      expect(await gate.status()).toMatchObject({ held: 0, counters: { abandoned: 1 } }),
    );
    await gate.holdgate("release", "--wait");
    const next = await askAlone(gate.port, "GET", "/next");
    expect(await next.answer()).toMatchObject({ status: 200 });
    expect(app.targets).toEqual(["/next"]);
  });

  test("arrives whole, however much of it was read while it waited", async () => {
    const app = await startScriptedUpstream();
    const gate = await startEmbedded({ host, yaml: serviceOf(app.url) });
    await gate.holdgate("hold");
    const body = "0123456789abcdef".repeat(MORE_THAN_IS_READ / 16);
    const client = await askAlone(gate.port, "POST", "/large", { body });
    await eventually(async () => expect(await gate.status()).toMatchObject({ held: 1 }));
    await gate.holdgate("release");
    const arrival = await app.arrivalOf("/large");
    expect((await arrival.body()) === body).toBe(true);
    arrival.answer(201);
    expect(await client.answer()).toMatchObject({ status: 201 });
  });
});

function serviceOf(url: string): string {
  return `services: { chat: { upstreams: { blue: "${url}" }, health: { interval: 1h } } }\n`;
}
