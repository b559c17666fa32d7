// SockJS clients without cookies, by its own libraries on both sides, while two upstreams take turns.

import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { openGateway } from "../../support/open-gateway.ts";
import {
  type SockJsApp,
  type SockJsTalker,
  startSockJsApp,
  startSockJsTalker,
} from "../../support/sockjs-app.ts";

const CLIENTS = 6;
const PAUSE_MS = 100;
const TRANSPORTS = ["xhr-polling", "xhr-streaming", "eventsource", "websocket"];

async function talkOn(talkers: readonly SockJsTalker[]): Promise<void> {
  const until = talkers.map(({ said }) => said + 5);
  await eventually(() => {
    for (const [index, talker] of talkers.entries()) {
      expect(talker.acknowledged.size).toBeGreaterThan(until[index] ?? 0);
    }
  }, 15_000);
}

async function expectAllArrived(talkers: readonly SockJsTalker[], apps: readonly SockJsApp[]): Promise<void> {
  for (const talker of talkers) talker.stop();
  await eventually(() => {
    for (const talker of talkers) expect(talker.acknowledged.size).toBe(talker.said);
  }, 15_000);
  for (const { name, said } of talkers) {
    const arrived = new Set(apps.flatMap((app) => [...(app.said.get(name) ?? [])]));
    expect(arrived.size).toBe(said);
  }
}

test.each(TRANSPORTS)(
  "by %s: two addresses of one upstream",
  async (transport) => {
    const apps = [await startSockJsApp("one"), await startSockJsApp("two")];
    const gateway = await openGateway({ blue: "http://127.0.0.1:1" });
    const urls = apps.map(({ url }) => url);
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "blue", urls });
    const talkers = Array.from({ length: CLIENTS }, (_, index) =>
      startSockJsTalker(gateway.url, `client-${index}`, transport, 0),
    );
    await talkOn(talkers);
    for (const app of apps) expect(app.sessions).toBeGreaterThan(0);
    await expectAllArrived(talkers, apps);
    expect(talkers.flatMap(({ closes }) => closes)).toEqual([]);
  },
  30_000,
);

test.each(TRANSPORTS)(
  "by %s: cutover and rollback",
  async (transport) => {
    const [blue, green] = [await startSockJsApp("blue"), await startSockJsApp("green")];
    const gateway = await openGateway({ blue: blue.url, service: "    drainTimeout: 5s\n" });
    const talkers = Array.from({ length: CLIENTS }, (_, index) =>
      startSockJsTalker(gateway.url, `client-${index}`, transport, PAUSE_MS),
    );
    await talkOn(talkers);
    for (const to of [green, blue]) {
      await cutOver(gateway, to.name, to.url);
      await eventually(() => {
        for (const { acknowledged } of talkers) expect([...acknowledged.values()].at(-1)).toBe(to.name);
      }, 15_000);
      await talkOn(talkers);
    }
    await expectAllArrived(talkers, [blue, green]);
    // Each was told once for each cutover, as by an app that is restarted: by a close that is not clean.
    const code = transport === "websocket" ? 1002 : 1006;
    for (const { closes } of talkers) {
      expect(closes).toEqual(Array.from({ length: 2 }, () => ({ code, wasClean: false })));
    }
  },
  60_000,
);
