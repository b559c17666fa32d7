// Sessions of long-polling that a canary has opened at the candidate: cookie or not, they are its clients', too.

import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { type Answer, askAlone, type KeepAliveClient } from "../support/keep-alive-client.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startService } from "../support/start-service.ts";

const OPENING = "/socket.io/?EIO=4&transport=polling";
const POLL = `${OPENING}&sid=abc`;
const UPGRADE = "/socket.io/?EIO=4&transport=websocket&sid=abc";
/** The close packet of Engine.IO, for which clients connect anew. */
const CLOSED = "1";
/** Close 1012, "service restart". */
const CLOSE_1012 = "\u0003ô";

/** Blue is active, green the candidate, which has the session `abc`; all clients go there. */
async function setUp() {
  const opened = `0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}`;
  const blue = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "blue") });
  const onArrival = (arrival: Arrival): void => {
    if (arrival.target === OPENING) arrival.answer(200, opened);
  };
  const green = await startScriptedUpstream({ onArrival });
  const upstreams = { blue: blue.url, green: green.url };
  const started = await startService({ upstreams, service: "    health: { good: 1, bad: 1 }" });
  onTestFinished(started.close);
  started.apply({ slots: { candidate: "green" }, canary: { percent: 100, since: 0 } });
  await eventually(() => expect(started.service.health("green").state).toBe("healthy"));
  const ask = (target: string, headers = {}): Promise<KeepAliveClient> =>
    askAlone(started.port, "GET", target, { headers });
  const get = async (target: string): Promise<Answer> => (await ask(target)).answer();
  expect((await get(OPENING)).body).toBe(opened);
  return { ...started, blue, green, ask, get };
}

test("end when the candidate is killed, so that their clients come back at once to the active upstream", async () => {
  const { green, get, ask, service, blue } = await setUp();
  const poll = await ask(POLL);
  await green.arrivalOf(POLL);
  await green.kill();
  expect(await poll.answer()).toMatchObject({ status: 200, body: CLOSED });
  expect(await get(POLL)).toMatchObject({ status: 200, body: CLOSED });
  expect(await get(OPENING)).toMatchObject({ status: 200, body: "blue" });
  expect(service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
  expect(blue.targets).toEqual([OPENING]);
});

test("end when the candidate is killed between two of their polls, too", async () => {
  const { green, get } = await setUp();
  await green.kill();
  expect(await get(POLL)).toMatchObject({ status: 200, body: CLOSED });
  expect(await get(OPENING)).toMatchObject({ status: 200, body: "blue" });
});

test("end when the canary does", async () => {
  const { green, ask, get, apply, clock } = await setUp();
  const poll = await ask(POLL);
  await green.arrivalOf(POLL);
  apply({ canary: null });
  await eventually(() => {
    clock.advance(100);
    expect(poll.received).toContain("HTTP/1.1 ");
  });
  expect(await poll.answer()).toMatchObject({ status: 200, body: CLOSED });
  expect(clock.now()).toBeLessThan(10_000);
  expect(await get(OPENING)).toMatchObject({ body: "blue" });
});

test("send their WebSockets away when the canary ends", async () => {
  const { ask, apply, clock } = await setUp();
  const tunnel = await ask(UPGRADE, HANDSHAKE);
  await tunnel.hears("HTTP/1.1 101 ");
  apply({ canary: { percent: 0, since: 0 } });
  clock.advance(1000);
  await tunnel.hears(CLOSE_1012);
});
