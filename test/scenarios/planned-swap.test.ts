// The app is replaced in its place, by an operator who asks for a hold first.

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { callAdmin } from "../support/call-admin.ts";
import { messagesByKey, startChatProcess } from "../support/chat-process.ts";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const CLIENTS = 12;
const NEVER = new AbortController().signal;

describe("an app that is stopped and started anew under a hold", () => {
  test("answers every request of a steady load, and every POST exactly once", async () => {
    const dir = await temporaryDirectory();
    const db = join(dir, "chat.db");
    const old = await startChatProcess({ db });
    const gateway = await startHoldgate(dir, `services: { chat: { upstreams: { blue: "${old.url}" } } }`);
    onTestFinished(async () => void (await gateway.end("SIGKILL")));
    const admin = (path: string, body: object) => callAdmin(gateway.adminSocket, "POST", path, body);
    const load = startSteadyLoad({ port: gateway.port, clients: CLIENTS });
    await load.goesOn(300);

    const hold = await admin("/admin/hold", { wait: true });
    expect(hold).toMatchObject({ status: 200, body: { settled: true, remaining: { inFlight: 0 } } });
    await old.stop();
    await startChatProcess({ db, port: old.port, version: "2.0.0" });
    expect(load.underWay).toHaveLength(CLIENTS);
    const release = await admin("/admin/release", { wait: true });
    expect(release).toMatchObject({ status: 200, body: { settled: true, remaining: { held: 0 } } });
    await load.goesOn(300);
    await load.stop();

    expect(load.failed).toEqual([]);
    const posted = load.sent.filter(({ method }) => method === "POST").map(({ key }) => key);
    expect(messagesByKey(db)).toEqual(new Map(posted.map((key) => [key, 1])));
    const client = await openClient(gateway.port);
    const health = await client.request("GET", "/api/health");
    expect(JSON.parse(health.body)).toMatchObject({ version: "2.0.0" });
  });
});

describe("a hold that was asked for", () => {
  test("lets what is in flight end, and sends nothing new before the release", async () => {
    const upstream = await startScriptedUpstream();
    const gateway = await openGateway({ blue: upstream.url });
    const { service } = gateway;
    const before = await askAlone(gateway.port, "POST", "/before");
    const posted = await upstream.arrivalOf("/before");

    await gateway.dispatch({ type: "hold", service: "chat" });
    let quiet = false;
    const settled = service.whenQuiet(NEVER).then((left) => {
      quiet = true;
      return left;
    });
    const clients = await holdInOrder(gateway, 5);
    expect(quiet).toBe(false);
    posted.answer(201);
    expect(await before.answer()).toMatchObject({ status: 201 });
    expect(await settled).toEqual({ inFlight: 0, tunnels: 0, held: 5 });
    expect(upstream.targets).toEqual(["/before"]);

    await upstream.kill();
    await upstream.listen();
    await gateway.dispatch({ type: "release", service: "chat" });
    for (const arrival of (await upstream.arrived(6)).slice(1)) arrival.answer(200);
    for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200 });
    expect(upstream.targets.toSorted()).toEqual(["/0", "/1", "/2", "/3", "/4", "/before"]);
    await eventually(() => expect(service.status()).toMatchObject({ held: 0, inFlight: 0 }));
    expect(service.status().counters).toMatchObject({ admitted: 6, forwarded: 6, held: 5, released: 5 });
  });
});
