// The app dies and comes back, and nobody tells the gateway.

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { messagesByKey, startChatProcess } from "../support/chat-process.ts";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { listen } from "../support/listen.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import type { StartedGateway } from "../support/start-gateway.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const AWAY_MS = 3000;
const CLIENTS = 12;

/** An upstream that has been, or will be, and a gateway in front of it. */
async function withoutUpstream(
  service = "",
): Promise<{ upstream: ScriptedUpstream; gateway: StartedGateway }> {
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  await upstream.kill();
  return { upstream, gateway: await openGateway({ blue: upstream.url, service }) };
}

/** How many that were there before it reached the upstream after it. */
function overtakenBy(index: number, order: number[]): number {
  return order.slice(order.indexOf(index)).filter((other) => other < index).length;
}

/** How many the ramp may have had under way, side by side, when so many had reached the upstream. */
function limitAt(place: number): number {
  let limit = 8;
  for (let answered = limit; answered <= place; answered += limit) limit *= 2;
  return limit;
}

describe("an app that is killed under load and is back after three seconds", () => {
  test("loses no GET and no POST but those that were in flight at the kill, and does none twice", async () => {
    const dir = await temporaryDirectory();
    const db = join(dir, "chat.db");
    const chat = await startChatProcess({ db });
    const gateway = await startHoldgate(dir, `services: { chat: { upstreams: { blue: "${chat.url}" } } }`);
    onTestFinished(async () => void (await gateway.end("SIGKILL")));
    const load = startSteadyLoad({ port: gateway.port, clients: CLIENTS });
    await load.goesOn(500);

    const endedBefore = new Set(load.ended);
    await chat.kill();
    // The kill takes a moment: whatever was under way in any part of it.
    const inFlightAtKill = new Set(load.sent.filter((sent) => !endedBefore.has(sent)));
    await pause(AWAY_MS);
    expect(load.underWay).toHaveLength(CLIENTS);
    await startChatProcess({ db, port: chat.port });
    await load.goesOn(500);
    await load.stop();

    expect(load.failed.filter(({ method }) => method === "GET")).toEqual([]);
    expect(load.failed.filter((sent) => !inFlightAtKill.has(sent))).toEqual([]);
    const stored = messagesByKey(db);
    expect([...stored].filter(([, times]) => times !== 1)).toEqual([]);
    const answered = load.sent.filter(({ method, status }) => method === "POST" && status === 201);
    expect(answered.filter(({ key }) => !stored.has(key))).toEqual([]);
  });
});

describe("an upstream that cannot be reached", () => {
  test("gets what was held in the order of its arrival when it is back", async () => {
    const { upstream, gateway } = await withoutUpstream();
    const clients = await holdInOrder(gateway, 60);
    await upstream.listen();
    for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200 });
    const order = upstream.targets.map((target) => Number(target.slice(1)));
    expect(order.toSorted((a, b) => a - b)).toEqual(clients.map((_, index) => index));
    expect(order.filter((index, place) => overtakenBy(index, order) >= limitAt(place))).toEqual([]);
  });

  test("is waited for also before it has ever been up, and the answer says how long", async () => {
    const { upstream, gateway } = await withoutUpstream();
    const client = await askAlone(gateway.port, "POST", "/first");
    await eventually(() => expect(gateway.service.status().held).toBe(1));
    expect(gateway.events).toMatchObject([
      { type: "automatic_hold_started", upstream: "blue", reason: expect.stringContaining("refused") },
    ]);
    await upstream.listen();
    const answer = await client.answer();
    expect(answer.status).toBe(200);
    expect(Number(answer.headers["holdgate-held"])).toBeGreaterThan(0);
    expect(gateway.events.map(({ type }) => type)).toEqual([
      "automatic_hold_started",
      "automatic_hold_ended",
      "release_started",
      "release_finished",
    ]);
  });

  test("fails a request with 502 at once when the automatic hold is off", async () => {
    const { gateway } = await withoutUpstream("    hold: { automatic: false }");
    const client = await askAlone(gateway.port, "GET", "/");
    expect(await client.answer()).toMatchObject({ status: 502 });
    expect(gateway.service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
  });

  test("is not taken for back while its port accepts and breaks off, as a port proxy's does", async () => {
    const { upstream, gateway } = await withoutUpstream();
    const client = await askAlone(gateway.port, "POST", "/patient");
    await eventually(() => expect(gateway.service.status().held).toBe(1));

    let broken = 0;
    const proxy = createServer((socket) => {
      broken++;
      socket.on("error", () => {}).resetAndDestroy();
    });
    await listen(proxy, upstream.port);
    await eventually(() => expect(broken).toBeGreaterThanOrEqual(5));
    expect(gateway.service.status()).toMatchObject({ held: 1, inFlight: 0 });
    await once(proxy.close(), "close");

    await upstream.listen();
    expect(await client.answer()).toMatchObject({ status: 200 });
    expect(upstream.targets).toEqual(["/patient"]);
  });
});
