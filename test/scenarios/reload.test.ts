// A new configuration under load: services come and go, an upstream moves, and nobody loses anything.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { eventually } from "../support/eventually.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import type { StartedGateway } from "../support/start-gateway.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { KEY_HEADER, startSteadyLoad } from "../support/steady-load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const WIKI = { Host: "wiki.example.com" };

function answering(name: string): (arrival: Arrival) => void {
  return (arrival) => {
    if (arrival.target !== "/waits") arrival.answer(arrival.method === "POST" ? 201 : 200, name);
  };
}

const startNamed = (name: string): Promise<ScriptedUpstream> =>
  startScriptedUpstream({ onArrival: answering(name) });

/** Takes effect as after an edit of the file; `services` is YAML. */
async function reload({ settings, control }: StartedGateway, services: string): Promise<void> {
  const head = `listen: 127.0.0.1:0\ndataDir: ${settings.dataDir}\n`;
  await control.reconfigure(parseConfig(`${head}services:\n${services}`, "test.yaml", {}));
}

const chatAt = (url: string, more = ""): string =>
  `  chat: { hosts: [chat.example.com], upstreams: { blue: "${url}" }${more} }\n`;
const wikiAt = (url: string): string =>
  `  wiki: { hosts: [wiki.example.com], upstreams: { main: "${url}" } }\n`;

describe("a reload under load", () => {
  test("loses nothing while a service appears, an upstream moves, and the service vanishes again", async () => {
    const [old, moved, wiki] = [await startNamed("old"), await startNamed("moved"), await startNamed("wiki")];
    const gateway = await openGateway({ blue: old.url, service: "    hosts: [chat.example.com]" });
    const load = startSteadyLoad({ port: gateway.port, clients: 8 });
    const reader = await openClient(gateway.port);
    const askWiki = () => reader.request("GET", "/", { headers: WIKI });
    await load.goesOn(100);
    expect(await askWiki()).toMatchObject({ status: 404 });

    await reload(gateway, chatAt(old.url) + wikiAt(wiki.url));
    expect(await askWiki()).toMatchObject({ status: 200, body: "wiki" });
    await load.goesOn(100);

    await reload(gateway, chatAt(moved.url) + wikiAt(wiki.url));
    const begunBefore = load.sent.length;
    await load.goesOn(100);

    await reload(gateway, chatAt(moved.url));
    expect(await askWiki()).toMatchObject({ status: 404 });
    await load.goesOn(100);
    await load.stop();

    expect(load.failed).toEqual([]);
    const keysAt = ({ arrivals }: ScriptedUpstream) => arrivals.map(({ headers }) => headers[KEY_HEADER]);
    const keys = [...keysAt(old), ...keysAt(moved)];
    expect(keys).toHaveLength(load.sent.length);
    expect(new Set(keys)).toEqual(new Set(load.sent.map(({ key }) => key)));
    const atOld = new Set(keysAt(old));
    expect(load.sent.slice(begunBefore).filter(({ key }) => atOld.has(key))).toEqual([]);
    expect(wiki.targets).toEqual(["/"]);
  });
});

describe("what is under way at a reload", () => {
  test("ends where it was begun when its upstream moves to another address", async () => {
    const [old, moved] = [await startNamed("old"), await startNamed("moved")];
    const gateway = await openGateway({ blue: old.url });
    const client = await askAlone(gateway.port, "POST", "/waits");
    const arrival = await old.arrivalOf("/waits");
    await reload(gateway, chatAt(moved.url));
    arrival.answer(201, "old");
    expect(await client.answer()).toMatchObject({ status: 201, body: "old" });
    await old.left();
    expect(gateway.events.map(({ type }) => type)).toEqual(["drain_started", "drain_finished"]);
  });

  test("is not disturbed when only the health checks or the timeouts of its upstream change", async () => {
    const upstream = await startNamed("same");
    const gateway = await openGateway({ blue: upstream.url });
    const { service } = gateway;
    const stream = await askAlone(gateway.port, "GET", "/waits", {
      headers: { Accept: "text/event-stream" },
    });
    const arrival = await upstream.arrivalOf("/waits");
    arrival.begin("text/event-stream");
    arrival.write("data: one\n\n");
    await stream.hears("data: one");

    const changed = ", health: { path: /healthz, interval: 20ms, good: 1 }, timeouts: { connect: 9s }";
    await reload(gateway, chatAt(upstream.url, changed));
    await eventually(() => expect(service.health("blue")).toMatchObject({ state: "healthy" }));
    expect(gateway.events.filter(({ type }) => type.startsWith("drain"))).toEqual([]);
    expect(service.status()).toMatchObject({ inFlight: 1, counters: { cutovers: 0 } });
    arrival.write("data: two\n\n");
    await stream.hears("data: two");
  });

  test("goes to its end when its service vanishes, and is answered at once when it is lost or held", async () => {
    const upstream = await startNamed("wiki");
    const chat = await startNamed("chat");
    const gateway = await openGateway({ blue: chat.url });
    await reload(gateway, chatAt(chat.url) + wikiAt(upstream.url));
    const wiki = gateway.gateway.service("wiki");
    const ask = (method: string, target: string) => askAlone(gateway.port, method, target, { headers: WIKI });
    const ends = await ask("POST", "/waits");
    const first = await upstream.arrivalOf("/waits");
    const lost = await ask("GET", "/waits");
    const [, second] = await upstream.arrived(2);
    await gateway.dispatch({ type: "hold", service: "wiki" });
    const held = await ask("GET", "/held");
    await eventually(() => expect(wiki?.status().held).toBe(1));

    await reload(gateway, chatAt(chat.url));
    expect(await held.answer()).toMatchObject({ status: 503 });
    first?.answer(201);
    expect(await ends.answer()).toMatchObject({ status: 201 });
    second?.cut();
    expect(await lost.answer()).toMatchObject({ status: 502 });
    expect(await (await ask("GET", "/")).answer()).toMatchObject({ status: 404 });
    expect(upstream.targets).toEqual(["/waits", "/waits"]);
  });
});

describe("an edit of the configuration file", () => {
  test("takes effect by itself, and a bad one changes nothing", async () => {
    const dir = await temporaryDirectory();
    const [blue, green, wiki] = [
      await startNamed("blue"),
      await startNamed("green"),
      await startNamed("wiki"),
    ];
    const gateway = await startHoldgate(dir, `services:\n${chatAt(blue.url)}`);
    onTestFinished(async () => void (await gateway.end("SIGKILL")));
    const file = join(dir, "holdgate.yaml");
    const edit = async (change: (yaml: string) => string) =>
      writeFile(file, change(await readFile(file, "utf8")));
    const client = await openClient(gateway.port);
    const chat = async () => (await client.request("GET", "/")).body;
    expect(await chat()).toBe("blue");

    let log = "";
    gateway.child.stdout?.on("data", (text) => (log += String(text)));
    await edit((yaml) => `${yaml}nonsense: true\n`);
    await eventually(() => expect(log).toContain("the old one stays in force"));
    expect(await chat()).toBe("blue");
    await edit((yaml) => yaml.replace("nonsense: true\n", wikiAt(wiki.url)));
    const askWiki = () => client.request("GET", "/", { headers: WIKI });
    await eventually(async () => expect(await askWiki()).toMatchObject({ status: 200, body: "wiki" }));
    await edit((yaml) => yaml.replace(blue.url, green.url));
    await eventually(async () => expect(await chat()).toBe("green"));
  });
});
