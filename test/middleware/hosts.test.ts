// What holds in front of every host: the same hold, slots, drains and answers as in the gateway itself.

import { expect, describe, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone, type KeepAliveClient, openClient } from "../support/keep-alive-client.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { type Embedded, HOSTS, startEmbedded } from "../support/start-embedded.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

describe.each(HOSTS)("the gate in front of %s", (host) => {
  test("holds what comes, within its bounds, and sends it, the oldest first, to the app that has been replaced", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const settings = "hold: { maxRequests: 5 }, release: { initial: 1 }";
    const yaml = `services: { chat: { upstreams: { blue: "${app.url}" }, ${settings} } }\n`;
    const gate = await startEmbedded({ host, yaml });
    expect(await gate.holdgate("hold")).toContain("chat");
    const clients = await holdInOrder(gate, 5);
    const tooMany = await (await askAlone(gate.port, "GET", "/too-many")).answer();
    expect(tooMany).toMatchObject({ status: 503, headers: { "retry-after": expect.anything() } });
    clients[2]?.leave();
    await eventually(async () => expect(await gate.status()).toMatchObject({ held: 4 }));

    await app.kill();
    await app.listen();
    await gate.holdgate("release", "--wait");
    const staying = clients.filter((_, index) => index !== 2);
    for (const client of staying) {
      const answer = await client.answer();
      expect(answer).toMatchObject({
        status: 200,
        headers: { "holdgate-held": expect.stringMatching(/^\d+$/) },
      });
    }
    // Those let go together go by connections of their own, and may pass each other on them.
    expect(app.targets[0]).toBe("/0");
    expect(app.targets.toSorted()).toEqual(["/0", "/1", "/3", "/4"]);
    const { counters } = await gate.status();
    expect(counters).toMatchObject({ held: 5, shed: 1, abandoned: 1, released: 4, forwarded: 4 });
  });

  test("answers with the maintenance page, in the form that is asked for", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const yaml = `services: { chat: { upstreams: { blue: "${app.url}" } } }\n`;
    const gate = await startEmbedded({ host, yaml });
    await gate.holdgate("maintenance", "on", "--message", "Back at noon");
    const client = await openClient(gate.port);
    const page = await client.request("GET", "/", { headers: { Accept: "text/html" } });
    expect(page).toMatchObject({ status: 503, body: expect.stringContaining("Back at noon") });
    expect(page.headers["content-type"]).toContain("text/html");
    const problem = await client.request("POST", "/send", {
      headers: { Accept: "application/json" },
      body: "x",
    });
    expect(problem).toMatchObject({ status: 503, headers: { "content-type": "application/problem+json" } });
    expect(await new RawWebSocket(gate.port).answered).toBe(503);
    const asked = await client.request("GET", "/.holdgate/status");
    expect(JSON.parse(asked.body)).toMatchObject({ mode: "maintenance", message: "Back at noon" });
    expect(app.targets).toEqual([]);

    await gate.holdgate("maintenance", "off");
    expect(await client.request("GET", "/")).toMatchObject({ status: 200 });
    expect(await gate.holdgate("status")).toContain("blue");
  });
});

describe.each(HOSTS)("the gate in front of %s, while upstreams change", (host) => {
  test("drains: a cutover waits for what the old upstream has, and sends WebSockets away with 1012", async () => {
    const [blue, green] = [await startScriptedUpstream(), await startScriptedUpstream()];
    const yaml = `services: { chat: { upstreams: { blue: "${blue.url}", green: "${green.url}" } } }\n`;
    const gate = await startEmbedded({ host, yaml });
    const before = await askAlone(gate.port, "POST", "/before", { body: "x" });
    const posted = await blue.arrivalOf("/before");
    const socket = new RawWebSocket(gate.port);
    expect(await socket.answered).toBe(101);
    expect(await gate.status()).toMatchObject({ inFlight: 1, tunnels: 1 });

    const cutover = gate.holdgate("cutover", "--to", "green", "--force", "--wait");
    await socket.closed;
    expect(socket.received.close).toMatchObject({ code: 1012 });
    const after = await askAlone(gate.port, "GET", "/after");
    (await green.arrivalOf("/after")).answer();
    expect(await after.answer()).toMatchObject({ status: 200 });
    posted.answer(201);
    expect(await before.answer()).toMatchObject({ status: 201 });
    expect(await cutover).toContain("green");
    expect(blue.targets).toEqual(["/before", "/ws"]);
  });

  test("waits for an app that is away, and sends it each request once and whole", async () => {
    const app = await startScriptedUpstream();
    const yaml = `services: { chat: { upstreams: { blue: "${app.url}" } } }\n`;
    const gate = await startEmbedded({ host, yaml });
    await app.kill();
    const client = await askAlone(gate.port, "POST", "/send", { body: "y".repeat(50_000) });
    await eventually(async () => expect(await gate.status()).toMatchObject({ held: 1 }));
    await app.listen();
    const posted = await app.arrivalOf("/send");
    expect(await posted.body()).toBe("y".repeat(50_000));
    posted.answer(201);
    expect(await client.answer()).toMatchObject({ status: 201 });
    expect(app.targets).toEqual(["/send"]);
  });
});

describe.each(HOSTS)("the gate in front of %s, when something breaks", (host) => {
  test("tells of a request that was lost under way in the gateway's words, and goes on", async () => {
    const app = await startScriptedUpstream();
    const yaml = `services: { chat: { upstreams: { blue: "${app.url}" } } }\n`;
    const gate = await startEmbedded({ host, yaml });
    const headers = { Accept: "application/json" };
    const client = await askAlone(gate.port, "POST", "/lost", { headers, body: "x" });
    (await app.arrivalOf("/lost")).cut();
    const problem = { status: 502, headers: { "content-type": "application/problem+json" } };
    expect(await client.answer()).toMatchObject(problem);
    client.ask("GET", "/next");
    (await app.arrivalOf("/next")).answer();
    expect(await client.answer()).toMatchObject({ status: 200 });
    expect((await gate.status()).counters).toMatchObject({ failed: 1 });
  });

  test("keeps its mode over a restart", async () => {
    const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
    const dir = await temporaryDirectory();
    const yaml = `services: { chat: { upstreams: { blue: "${app.url}" } } }\n`;
    const first = await startEmbedded({ host, yaml, dir });
    await first.holdgate("hold");
    await first.close();
    const second = await startEmbedded({ host, yaml, dir });
    const [client] = await holdInOrder(second, 1);
    await second.holdgate("release");
    expect(await client?.answer()).toMatchObject({ status: 200 });
  });
});

/** Sends `/0`, `/1` and so on, by POST and GET in turn, each only when the one before it is held. */
async function holdInOrder(gate: Embedded, count: number): Promise<KeepAliveClient[]> {
  const clients: KeepAliveClient[] = [];
  for (let index = 0; index < count; index++) {
    const parts = index % 2 === 0 ? { body: `body ${index}` } : {};
    clients.push(await askAlone(gate.port, index % 2 === 0 ? "POST" : "GET", `/${index}`, parts));
    await eventually(async () => expect(await gate.status()).toMatchObject({ held: index + 1 }));
  }
  return clients;
}
