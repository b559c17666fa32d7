// Operators look before users do: by their network, or by a link. Everybody else waits, whatever they claim.

import { describe, expect, test } from "vitest";
import { signBypass } from "../../src/gateway/bypass/bypass-token.ts";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { type Answer, askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import type { StartGatewayOptions } from "../support/start-gateway.ts";

const HOUR_MS = 3_600_000;
const OFFICE = "    maintenance: { bypass: { networks: [127.0.0.0/8, 203.0.113.0/24] } }";
const ELSEWHERE = "    maintenance: { bypass: { networks: [203.0.113.0/24] } }";

async function setUp(options: Omit<StartGatewayOptions, "blue"> = {}) {
  const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "app") });
  const gateway = await openGateway({ blue: app.url, ...options });
  const ask = async (target: string, headers: Record<string, string> = {}): Promise<Answer> =>
    (await askAlone(gateway.port, "GET", target, { headers })).answer();
  const enter = (type: "maintenance_on" | "maintenance_off" | "hold") =>
    gateway.dispatch({ type, service: "chat" });
  const tokenFor = async (service: string, forMs = HOUR_MS, now = Date.now()) =>
    signBypass(await gateway.bypassKeys.keyFor(service), service, now + forMs);
  return { app, gateway, ask, enter, tokenFor };
}

const cookie = (token: string, service = "chat") => ({
  Cookie: `sid=1; holdgate_bypass_${service}=${token}`,
});

describe("a client of a network that the configuration names", () => {
  test.each(["maintenance_on", "hold"] as const)("gets past %s", async (mode) => {
    const { ask, enter } = await setUp({ service: OFFICE });
    await enter(mode);
    const answer = await ask("/room");
    expect(answer).toMatchObject({ status: 200, body: "app", headers: { "holdgate-bypass": "network" } });
  });

  test("is told nothing special while the service is open", async () => {
    const { ask } = await setUp({ service: OFFICE });
    expect((await ask("/")).headers).not.toHaveProperty("holdgate-bypass");
  });

  test("opens a WebSocket too", async () => {
    const { gateway, enter } = await setUp({ service: OFFICE });
    await enter("maintenance_on");
    const client = await askAlone(gateway.port, "GET", "/ws", { headers: HANDSHAKE });
    await client.hears("HTTP/1.1 101 ");
    expect(client.received).toContain("Holdgate-Bypass: network");
  });

  test("is no way past for a balancer's probe, which would take the gateway out", async () => {
    const { ask, enter, app } = await setUp({ service: `${OFFICE}\n    health: { path: /up }` });
    await enter("maintenance_on");
    expect(await ask("/up")).toMatchObject({ status: 200, body: "ok\n" });
    expect(app.targets).toEqual([]);
  });
});

describe("a client of another network", () => {
  test("is refused, a WebSocket too", async () => {
    const { ask, enter, app } = await setUp({ service: ELSEWHERE });
    await enter("maintenance_on");
    expect(await ask("/")).toMatchObject({ status: 503 });
    expect(await ask("/ws", HANDSHAKE)).toMatchObject({ status: 503 });
    expect(app.targets).toEqual([]);
  });

  test("is refused although it claims to come from the right one", async () => {
    const { ask, enter } = await setUp({ service: ELSEWHERE });
    await enter("maintenance_on");
    const claims = {
      "X-Forwarded-For": "203.0.113.7",
      "X-Real-IP": "203.0.113.7",
      Forwarded: "for=203.0.113.7",
    };
    expect(await ask("/", claims)).toMatchObject({ status: 503 });
    expect(await ask("/ws", { ...claims, ...HANDSHAKE })).toMatchObject({ status: 503 });
  });

  test("is let in when a trusted proxy says where it comes from, and only then", async () => {
    const { ask, enter } = await setUp({ service: ELSEWHERE, trustedProxies: ["127.0.0.1/32"] });
    await enter("maintenance_on");
    expect(await ask("/", { "X-Forwarded-For": "203.0.113.7" })).toMatchObject({ status: 200 });
    expect(await ask("/", { "X-Forwarded-For": "198.51.100.7" })).toMatchObject({ status: 503 });
    // What stands left of the last hop was written by the client itself.
    expect(await ask("/", { "X-Forwarded-For": "203.0.113.7, 198.51.100.7" })).toMatchObject({ status: 503 });
    expect(await ask("/")).toMatchObject({ status: 503 });
  });
});

describe("the link", () => {
  test("sets the cookie and leads on to the app, which never sees the cookie", async () => {
    const { ask, enter, tokenFor, app } = await setUp();
    await enter("maintenance_on");
    const token = await tokenFor("chat");
    const opened = await ask(`/.holdgate/bypass?token=${token}`);
    expect(opened).toMatchObject({
      status: 303,
      headers: { location: "/", "referrer-policy": "no-referrer", "cache-control": "no-store" },
    });
    expect(opened.headers["set-cookie"]).toMatch(
      /^holdgate_bypass_chat=chat\.\d+\.[\w-]{43}; Path=\/; Max-Age=3(599|600); HttpOnly; SameSite=Lax$/,
    );
    const answer = await ask("/room", cookie(token));
    expect(answer).toMatchObject({ status: 200, headers: { "holdgate-bypass": "cookie" } });
    expect(app.arrivals[0]?.headers.cookie).toBe("sid=1");
  });

  test("sets a cookie that never travels in the clear when the visitor came by https", async () => {
    const { ask, tokenFor } = await setUp({ trustedProxies: ["127.0.0.1/32"] });
    const target = `/.holdgate/bypass?token=${await tokenFor("chat")}`;
    const { headers } = await ask(target, { "X-Forwarded-Proto": "https" });
    expect(headers["set-cookie"]).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
  });

  test.each([
    ["/rooms/7?tab=files", "/rooms/7?tab=files"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example/", "/"],
    ["/\t/evil.example", "/"],
    ["rooms", "/"],
    ["", "/"],
  ])("asked to lead on to %j leads on to %j", async (to, location) => {
    const { ask, tokenFor } = await setUp();
    const target = `/.holdgate/bypass?token=${await tokenFor("chat")}&to=${encodeURIComponent(to)}`;
    expect((await ask(target)).headers["location"]).toBe(location);
  });

  test("is left by a link of its own", async () => {
    const { ask } = await setUp();
    const { status, headers } = await ask("/.holdgate/bypass?end", cookie("whatever"));
    expect([status, headers["location"]]).toEqual([303, "/"]);
    expect(headers["set-cookie"]).toMatch(/^holdgate_bypass_chat=; Path=\/; Max-Age=0; /);
  });

  test("tells a browser in its language why it opens nothing", async () => {
    const { ask } = await setUp();
    const answer = await ask("/.holdgate/bypass?token=x", { Accept: "text/html", "Accept-Language": "de" });
    expect(answer.status).toBe(403);
    expect(Buffer.from(answer.body, "latin1").toString()).toContain("<h1>Dieser Link ist nicht gültig</h1>");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  });
});

const TWO =
  "    hosts: [chat.example.com]\n  wiki: { hosts: [wiki.example.com], upstreams: { a: 'http://127.0.0.1:9' } }";

describe("what is not a valid token of this service opens nothing, neither as link nor as cookie", () => {
  const broken: Record<string, (token: string) => string> = {
    "a forged one": (token) => token.slice(0, -2) + (token.endsWith("AA") ? "BB" : "AA"),
    "one with a later end": (token) => token.replace(/\.(\d+)\./, (_, end) => `.${Number(end) + 9}.`),
    "one for another name": (token) => token.replace("chat", "wiki"),
    "half a one": (token) => token.slice(0, 20),
    "none at all": () => "",
    "a very long one": () => "chat.1.".padEnd(6000, "A"),
  };

  test.each(Object.entries(broken))("%s", async (_name, change) => {
    const { ask, enter, tokenFor, app } = await setUp();
    await enter("maintenance_on");
    const token = change(await tokenFor("chat"));
    const opened = await ask(`/.holdgate/bypass?token=${token}`, { Accept: "application/json" });
    expect(opened).toMatchObject({ status: 403, body: expect.stringContaining('"code":"bypass_invalid"') });
    expect(opened.headers).not.toHaveProperty("set-cookie");
    expect(await ask("/", cookie(token))).toMatchObject({ status: 503 });
    expect(await ask("/ws", { ...cookie(token), ...HANDSHAKE })).toMatchObject({ status: 503 });
    expect(app.targets).toEqual([]);
  });

  test("an expired one, which is told apart", async () => {
    const clock = new ManualClock();
    const { ask, enter, tokenFor } = await setUp({ clock });
    await enter("maintenance_on");
    const token = await tokenFor("chat", HOUR_MS, clock.wall());
    expect(await ask("/", cookie(token))).toMatchObject({ status: 200 });
    clock.advance(HOUR_MS);
    const opened = await ask(`/.holdgate/bypass?token=${token}`, { Accept: "text/plain" });
    expect(opened).toMatchObject({ status: 410, body: expect.stringContaining("has expired") });
    expect(opened.headers).not.toHaveProperty("set-cookie");
    expect(await ask("/", cookie(token))).toMatchObject({ status: 503 });
  });

  test("one of another service", async () => {
    const { ask, enter, tokenFor } = await setUp({ service: TWO });
    await enter("maintenance_on");
    await tokenFor("chat");
    const token = await tokenFor("wiki");
    expect(await ask(`/.holdgate/bypass?token=${token}`)).toMatchObject({ status: 403 });
    expect(await ask("/", cookie(token))).toMatchObject({ status: 503 });
    expect(await ask("/", cookie(token, "wiki"))).toMatchObject({ status: 503 });
    const there = await ask(`/.holdgate/bypass?token=${token}`, { Host: "wiki.example.com" });
    expect(there.status).toBe(303);
  });

  test("one that was revoked", async () => {
    const { ask, enter, tokenFor, gateway } = await setUp();
    await enter("maintenance_on");
    const token = await tokenFor("chat");
    await gateway.bypassKeys.revoke("chat");
    expect(await ask("/", cookie(token))).toMatchObject({ status: 503 });
    expect(await ask("/", cookie(await tokenFor("chat")))).toMatchObject({ status: 200 });
  });
});

describe("who is let past", () => {
  test("opens a WebSocket with the cookie, and none without it", async () => {
    const { gateway, enter, ask, tokenFor } = await setUp();
    await enter("maintenance_on");
    expect(await ask("/ws", HANDSHAKE)).toMatchObject({ status: 503 });
    const headers = { ...HANDSHAKE, ...cookie(await tokenFor("chat")) };
    const client = await askAlone(gateway.port, "GET", "/ws", { headers });
    await client.hears("HTTP/1.1 101 ");
  });

  test("is told the truth at once when the app cannot be reached, and starts no automatic hold", async () => {
    const { app, enter, ask, tokenFor, gateway } = await setUp();
    await enter("maintenance_on");
    await app.kill();
    expect(await ask("/", cookie(await tokenFor("chat")))).toMatchObject({ status: 502 });
    expect(gateway.service.status()).toMatchObject({ automaticHoldSince: null, held: 0 });
  });

  test("does not keep a hold from settling", async () => {
    const app = await startScriptedUpstream();
    const gateway = await openGateway({ blue: app.url, service: OFFICE });
    await gateway.dispatch({ type: "hold", service: "chat" });
    const client = await askAlone(gateway.port, "GET", "/slow");
    const arrival = await app.arrivalOf("/slow");
    const deadline = AbortSignal.timeout(15_000);
    expect(await gateway.service.whenQuiet(deadline)).toEqual({ inFlight: 0, tunnels: 0, held: 0 });
    arrival.answer(200, "late");
    expect(await client.answer()).toMatchObject({ status: 200, body: "late" });
  });
});

describe("who is let past, in the long run,", () => {
  test("is sent to the new upstream when a cutover takes the request back", async () => {
    const app = await startScriptedUpstream();
    const green = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "green") });
    const gateway = await openGateway({ blue: app.url, service: OFFICE });
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    const client = await askAlone(gateway.port, "GET", "/poll");
    await app.arrivalOf("/poll");
    await gateway.dispatch({
      type: "cutover",
      service: "chat",
      to: "green",
      force: true,
      candidateHealthy: false,
    });
    expect(await client.answer()).toMatchObject({ status: 200, body: "green" });
    const { admitted, forwarded } = gateway.service.status().counters;
    expect({ admitted, forwarded }).toEqual({ admitted: 1, forwarded: 1 });
  });

  test("is still let past after a restart of the gateway", async () => {
    const clock = new ManualClock();
    const { gateway, tokenFor, app } = await setUp({ clock });
    const token = await tokenFor("chat", HOUR_MS, clock.wall());
    const { dataDir } = gateway.settings;
    gateway.gateway.destroy();
    await gateway.control.close();
    const again = await openGateway({ blue: app.url, dataDir, clock });
    await again.dispatch({ type: "maintenance_on", service: "chat" });
    const ask = async (headers: Record<string, string>) =>
      (await askAlone(again.port, "GET", "/", { headers })).answer();
    expect(await ask(cookie(token))).toMatchObject({ status: 200 });
    expect(await ask({})).toMatchObject({ status: 503 });
  });

  test("is let past no longer when a reload takes the network away", async () => {
    const { gateway, ask, enter } = await setUp({ service: OFFICE });
    await enter("maintenance_on");
    const [chat] = gateway.settings.services;
    if (!chat) throw new Error("there is no service");
    const maintenance = { ...chat.maintenance, bypassNetworks: [] };
    await gateway.control.reconfigure({ ...gateway.settings, services: [{ ...chat, maintenance }] });
    await eventually(async () => expect(await ask("/")).toMatchObject({ status: 503 }));
  });
});
