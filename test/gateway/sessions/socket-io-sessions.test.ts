// Socket.IO clients without cookies, by its own libraries on both sides, while two upstreams take turns.

import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { openGateway } from "../../support/open-gateway.ts";
import type { StartedGateway } from "../../support/start-gateway.ts";
import { type SocketIoApp, startSocketIoApp } from "../../support/socket-io-app.ts";
import { type SocketIoTalker, startTalker } from "../../support/socket-io-talker.ts";

type Transports = ("polling" | "websocket")[];

const WAYS: [string, Transports][] = [
  ["long-polling", ["polling"]],
  ["WebSocket", ["websocket"]],
  ["long-polling, then WebSocket", ["polling", "websocket"]],
];
const CLIENTS = 8;
const PAUSE_MS = 100;
const SERVICE = "    drainTimeout: 5s\n";

function meet(url: string, transports: Transports): SocketIoTalker[] {
  return Array.from({ length: CLIENTS }, (_, index) => startTalker(url, `client-${index}`, { transports }));
}

function drains({ events }: StartedGateway): number {
  return events.filter(({ type }) => type === "drain_finished").length;
}

/** As many messages as have been said by then, and some more. */
async function talkOn(talkers: readonly SocketIoTalker[]): Promise<void> {
  const until = talkers.map(({ said }) => said + 5);
  await eventually(() => {
    for (const [index, talker] of talkers.entries()) {
      expect(talker.acknowledged.size).toBeGreaterThan(until[index] ?? 0);
    }
  }, 15_000);
}

async function talksWith(talkers: readonly SocketIoTalker[], app: SocketIoApp): Promise<void> {
  await eventually(() => {
    for (const { acknowledged } of talkers) expect([...acknowledged.values()].at(-1)).toBe(app.name);
  }, 15_000);
}

async function expectAllArrived(talkers: readonly SocketIoTalker[], apps: readonly SocketIoApp[]) {
  for (const talker of talkers) talker.stop();
  await eventually(() => {
    for (const talker of talkers) expect(talker.acknowledged.size).toBe(talker.said);
  }, 15_000);
  for (const { name, said } of talkers) {
    const arrived = new Set(apps.flatMap((app) => [...(app.said.get(name) ?? [])]));
    expect(arrived.size).toBe(said);
  }
  for (const app of apps) expect(app.refused).toEqual([]);
  expect(talkers.flatMap(({ troubles }) => troubles).join()).not.toContain("Session ID unknown");
}

test.each(WAYS)("by %s: two addresses of one upstream", async (_, transports) => {
  const apps = [await startSocketIoApp("one"), await startSocketIoApp("two")];
  const gateway = await openGateway({ blue: "http://127.0.0.1:1" });
  const urls = apps.map(({ url }) => url);
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls });
  const talkers = meet(gateway.url, transports);
  for (const talker of talkers) talker.start(PAUSE_MS);
  await talkOn(talkers);
  await expectAllArrived(talkers, apps);
  for (const app of apps) expect(app.sessions).toBeGreaterThan(0);
  expect(talkers.flatMap(({ troubles }) => troubles)).toEqual([]);
});

test.each(WAYS)(
  "by %s: cutover and rollback",
  async (_, transports) => {
    const [blue, green] = [await startSocketIoApp("blue"), await startSocketIoApp("green")];
    const gateway = await openGateway({ blue: blue.url, service: SERVICE });
    const talkers = meet(gateway.url, transports);
    for (const talker of talkers) talker.start(PAUSE_MS);
    await talkOn(talkers);
    for (const to of [green, blue]) {
      await cutOver(gateway, to.name, to.url);
      await talksWith(talkers, to);
    }
    await expectAllArrived(talkers, [blue, green]);
    await eventually(() => expect(drains(gateway)).toBe(2));
  },
  60_000,
);

test("who never stops talking is sent away at the drain's deadline, and loses nothing", async () => {
  const [blue, green] = [await startSocketIoApp("blue"), await startSocketIoApp("green")];
  const gateway = await openGateway({ blue: blue.url, service: "    drainTimeout: 2s\n" });
  const talkers = meet(gateway.url, ["polling"]);
  for (const talker of talkers) talker.start(0);
  await talkOn(talkers);
  for (const to of [green, blue]) {
    await cutOver(gateway, to.name, to.url);
    await talksWith(talkers, to);
  }
  await expectAllArrived(talkers, [blue, green]);
  await eventually(() => expect(drains(gateway)).toBe(2));
}, 60_000);
