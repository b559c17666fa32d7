// The header and the cookie that the config names lead to the candidate, so that a team can use the new version at
// the address of everybody.

import { describe, expect, test } from "vitest";
import { HANDSHAKE } from "../support/handshake.ts";
import { type Answer, askAlone } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";

const ROUTES = "    candidate: { headers: { X-Version: next }, cookies: { preview: yes-please } }";
const HEADER = { "x-version": "next" };
const COOKIE = { Cookie: "session=1; preview=yes-please; theme=dark" };

async function setUp() {
  const answering = (name: string) => (arrival: Arrival) => arrival.answer(200, name);
  const blue = await startScriptedUpstream({ onArrival: answering("blue") });
  const green = await startScriptedUpstream({ onArrival: answering("green") });
  const gateway = await openGateway({ blue: blue.url, service: ROUTES });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  await gateway.dispatch({ type: "set_candidate", service: "chat", upstream: "green" });
  const get = async (headers: Record<string, string>): Promise<Answer> =>
    (await askAlone(gateway.port, "GET", "/", { headers })).answer();
  return { blue, green, gateway, get };
}

describe.each([
  ["the header", HEADER],
  ["the cookie", COOKIE],
])("%s of the config", (_what, headers) => {
  test("leads to the candidate, and the answer says so", async () => {
    const { get } = await setUp();
    expect(await get(headers)).toMatchObject({ body: "green", headers: { "holdgate-slot": "candidate" } });
    const { body, headers: answered } = await get({});
    expect([body, answered["holdgate-slot"]]).toEqual(["blue", undefined]);
  });

  test("leads there with a handshake, and in a hold and in maintenance, too", async () => {
    const { get, gateway, green } = await setUp();
    const tunnel = await askAlone(gateway.port, "GET", "/ws", { headers: { ...headers, ...HANDSHAKE } });
    await tunnel.hears("HTTP/1.1 101 ");
    expect(green.targets).toEqual(["/ws"]);
    for (const type of ["hold", "maintenance_on"] as const) {
      await gateway.dispatch({ type, service: "chat" });
      expect(await get(headers)).toMatchObject({ status: 200, body: "green" });
    }
  });

  test("never shows the active upstream instead of a candidate that fails: 502 at once, and nobody is held", async () => {
    const { get, gateway, green, blue } = await setUp();
    await green.kill();
    expect(await get(headers)).toMatchObject({ status: 502 });
    expect(gateway.service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
    expect(blue.targets).toEqual([]);
  });

  test("leads where everybody goes when there is no candidate, also right after the cutover to it", async () => {
    const { get, gateway } = await setUp();
    const cutover = { type: "cutover", service: "chat", force: true, candidateHealthy: false } as const;
    await gateway.dispatch(cutover);
    expect(await get(headers)).toMatchObject({ status: 200, body: "green" });
    await gateway.dispatch({ type: "rollback", service: "chat", force: true, previousHealthy: false });
    const { body, headers: answered } = await get(headers);
    expect([body, answered["holdgate-slot"]]).toEqual(["blue", undefined]);
  });

  test("wins over a canary's turn", async () => {
    const { get, gateway } = await setUp();
    await gateway.dispatch({ type: "set_canary", service: "chat", percent: 0 });
    const answer = await get(headers);
    expect([answer.body, answer.headers["set-cookie"]]).toEqual(["green", undefined]);
  });
});

test.each([
  ["another value", { "X-Version": "next2" }],
  ["another case of the value", { "X-Version": "Next" }],
  ["a cookie whose name only ends so", { Cookie: "no-preview=yes-please" }],
  ["a cookie whose value only begins so", { Cookie: "preview=yes-please-not" }],
  ["a cookie inside another's value", { Cookie: "a=preview=yes-please" }],
  ["the cookie's name in other letters", { Cookie: "Preview=yes-please" }],
])("%s leads where everybody goes", async (_what, headers) => {
  const { get } = await setUp();
  expect(await get(headers)).toMatchObject({ body: "blue" });
});
