// Tunnels through a whole gateway: a thousand that talk while it cuts over, and their handshakes.

import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { cutOver } from "../support/cut-over.ts";
import { startEchoProcess } from "../support/echo-process.ts";
import { startEchoUpstream } from "../support/echo-upstream.ts";
import { eventually } from "../support/eventually.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { residentBytes } from "../support/resident-bytes.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { openTalkingClients, startTalkingUpstream, type TalkingClient } from "../support/talking-tunnels.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { UpstreamEnd } from "../support/tunnel-server.ts";

const TUNNELS = 1000;
const PER_SECOND = 500;
// A large frame under way ends before its tunnel does, and two waves may arrive closer than they were sent.
const LATE = 100;
const RESTART = { code: 1012, reason: "service restart" };

describe("a thousand talking tunnels at a cutover", () => {
  test(
    "get 1012 at a frame boundary, at the configured pace, and come back to the new upstream at once",
    { timeout: 60_000 },
    async () => {
      const [blue, green] = [await startTalkingUpstream("blue"), await startTalkingUpstream("green")];
      const gateway = await openGateway({ blue: blue.url });
      const clients = await openTalkingClients(gateway.port, TUNNELS);
      await eventually(() => expect(clients.every(({ said }) => said >= 2)).toBe(true));
      expect(countOf(clients, ({ greetings }) => greetings.join())).toEqual({ blue: TUNNELS });

      // Many are in the middle of something when it comes.
      expect(clients.filter(({ tunnel }) => tunnel?.received.unreadBytes).length).toBeGreaterThan(
        TUNNELS / 20,
      );
      expect(clients.filter(({ tunnel }) => tunnel?.received.messageOpen).length).toBeGreaterThan(
        TUNNELS / 20,
      );
      await cutOver(gateway, "green", green.url);
      const areBack = () => expect(clients.every(({ greetings }) => greetings.length === 2)).toBe(true);
      await eventually(areBack, 40_000);

      expect(countOf(clients, ({ greetings }) => greetings.join())).toEqual({ "blue,green": TUNNELS });
      expect(countOf(clients, ({ handshakes }) => handshakes.join())).toEqual({ "101,101": TUNNELS });
      expectOrderlyEnds(clients);
      expectPace(clients);
      await expectHeardToTheEnd(blue.tunnels, clients);
      expect(green.tunnels).toHaveLength(TUNNELS);
      await eventually(() => expect(gateway.events.map(({ type }) => type)).toContain("drain_finished"));
      const { counters } = gateway.service.status();
      expect(counters).toMatchObject({ tunnelsOpened: 2 * TUNNELS, reconnected: TUNNELS, cut: 0, failed: 0 });
    },
  );

  test("are closed in a way that a WebSocket library takes for an orderly end, on both sides", async () => {
    const [blue, green] = [await startEchoUpstream(), await startEchoUpstream()];
    onTestFinished(() => blue.close());
    onTestFinished(() => green.close());
    const gateway = await openGateway({ blue: blue.url });
    const clients = Array.from({ length: 50 }, () => new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`));
    onTestFinished(() => clients.forEach((client) => client.terminate()));
    await Promise.all(clients.map((client) => once(client, "open")));
    const ends = clients.map(async (client) => (await once(client, "close")).map(String).join(" "));
    await cutOver(gateway, "green", green.url);
    expect(countOf(await Promise.all(ends), String)).toEqual({ "1012 service restart": 50 });
    await eventually(() => expect(countOf(blue.closeCodes, String)).toEqual({ "1012": 50 }));
  });
});

describe("a handshake", () => {
  test("is held like any request, and its answer says for how long", async () => {
    const upstream = await startTalkingUpstream("blue");
    const gateway = await openGateway({ blue: upstream.url });
    await gateway.dispatch({ type: "hold", service: "chat" });
    const client = new RawWebSocket(gateway.port);
    onTestFinished(() => client.destroy());
    await eventually(() => expect(gateway.service.status().held).toBe(1));
    expect(upstream.tunnels).toEqual([]);
    await gateway.dispatch({ type: "release", service: "chat" });
    expect(await client.answered).toBe(101);
    expect(Number(client.header("holdgate-held"))).toBeGreaterThanOrEqual(0);
    await eventually(() => expect(client.messages).toEqual(["blue"]));
  });

  test("that was not held is answered without Holdgate-Held", async () => {
    const upstream = await startTalkingUpstream("blue");
    const gateway = await openGateway({ blue: upstream.url });
    const client = await RawWebSocket.open(gateway.port);
    onTestFinished(() => client.destroy());
    expect(client.header("holdgate-held")).toBeUndefined();
  });

  test("is refused in maintenance with 503 and Retry-After, and reaches no upstream", async () => {
    const upstream = await startTalkingUpstream("blue");
    const gateway = await openGateway({
      blue: upstream.url,
      service: "    maintenance: { retryAfter: 17s }",
    });
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    const client = new RawWebSocket(gateway.port);
    onTestFinished(() => client.destroy());
    expect(await client.answered).toBe(503);
    expect(client.header("retry-after")).toBe("17");
    expect(upstream.tunnels).toEqual([]);
  });
});

describe("a hold", () => {
  test("keeps what a client says behind its handshake, for the upstream that gets it", async () => {
    const upstream = await startTalkingUpstream("blue");
    const gateway = await openGateway({ blue: upstream.url });
    await gateway.dispatch({ type: "hold", service: "chat" });
    const client = new RawWebSocket(gateway.port);
    onTestFinished(() => client.destroy());
    client.say("said while held");
    await eventually(() => expect(gateway.service.status().held).toBe(1));
    client.say("and this");
    await gateway.dispatch({ type: "release", service: "chat" });
    await eventually(() =>
      expect(upstream.tunnels.map((end) => end.messages)).toEqual([["said while held", "and this"]]),
    );
  });

  test("leaves open tunnels alone", async () => {
    const upstream = await startTalkingUpstream("blue");
    const gateway = await openGateway({ blue: upstream.url });
    const client = await RawWebSocket.open(gateway.port);
    onTestFinished(() => client.destroy());
    await gateway.dispatch({ type: "hold", service: "chat" });
    client.say("one");
    await eventually(() => expect(client.messages).toEqual(["blue", "an answer"]));
    await gateway.dispatch({ type: "release", service: "chat" });
    client.say("two");
    await eventually(() => expect(upstream.tunnels[0]?.messages).toEqual(["one", "two"]));
  });
});

test("an idle tunnel costs the gateway's process less than 24 KiB", async () => {
  const WARM_UP = 100;
  const IDLE = 2000;
  const upstream = await startEchoProcess("blue");
  const dir = await temporaryDirectory();
  const holdgate = await startHoldgate(
    dir,
    `services: { chat: { upstreams: { blue: "${upstream.url}" } } }\n`,
  );
  onTestFinished(async () => void (await holdgate.end("SIGKILL")));
  await openIdle(holdgate.port, WARM_UP);
  const before = residentBytes(holdgate.pid);
  await openIdle(holdgate.port, IDLE);
  const each = (residentBytes(holdgate.pid) - before) / IDLE / 1024;
  expect(each).toBeLessThan(24);
});

/** Each has carried a message, because one that never did would not have its buffers yet. */
async function openIdle(port: number, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const client = await RawWebSocket.open(port);
        onTestFinished(() => client.destroy());
        client.say("hello");
        await eventually(() => expect(client.messages).toEqual(["blue", "hello"]));
      }),
    );
  }
}

function countOf<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

const ORDERLY = JSON.stringify({ problem: null, close: RESTART, unreadBytes: 0 });

/** Every byte that a client got was part of a whole frame, and the last frame was the Close. */
function expectOrderlyEnds(clients: TalkingClient[]): void {
  const ends = clients.map(({ before }) => {
    const { problem, close, unreadBytes } = before?.received ?? {};
    return JSON.stringify({ problem, close, unreadBytes });
  });
  expect(countOf(ends, String)).toEqual({ [ORDERLY]: clients.length });
}

/** Never more in a second than configured. */
function expectPace(clients: TalkingClient[]): void {
  const times = clients.map(({ closedAt }) => closedAt).toSorted((a, b) => a - b);
  const most = Math.max(
    ...times.map((time, at) => times.slice(at).filter((other) => other < time + 1000).length),
  );
  expect(most).toBeLessThanOrEqual(PER_SECOND + LATE);
  const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(tookMs).toBeGreaterThan((1000 * (clients.length - LATE)) / PER_SECOND);
}

/** All that a client said up to its answer to the Close was heard, and that answer was the last of it. */
async function expectHeardToTheEnd(ends: UpstreamEnd[], clients: TalkingClient[]): Promise<void> {
  await eventually(() => expect(countOf(ends, ({ ended }) => ended)).toEqual({ orderly: ends.length }));
  const goodbyes = ends.map(({ received: { problem, close, unreadBytes } }) =>
    JSON.stringify({ problem, close, unreadBytes }),
  );
  expect(countOf(goodbyes, String)).toEqual({ [ORDERLY]: clients.length });
  const heard = ends.reduce((sum, { messages }) => sum + messages.length, 0);
  expect(heard).toBe(clients.reduce((sum, { saidBefore }) => sum + saidBefore, 0));
}
