// Which clients a canary takes, and that each of them stays where it is.

import { describe, expect, test } from "vitest";
import { allAsk, BrowserLike, browsers } from "../support/browser-like.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { startCanary } from "../support/start-canary.ts";

const ofGreen = (answers: readonly string[]): number => answers.filter((body) => body === "green").length;

/** How many have gone from one to the other. */
function moved(before: readonly string[], after: readonly string[]): Record<string, number> {
  const moves: Record<string, number> = {};
  for (const [at, from] of before.entries()) {
    const to = after[at] ?? "";
    if (from !== to) moves[`${from} to ${to}`] = (moves[`${from} to ${to}`] ?? 0) + 1;
  }
  return moves;
}

describe("a canary of 20 %", () => {
  test("takes 2 000 of 10 000 clients, give or take 100, also those behind one address", async () => {
    const { canary, connections, service } = await startCanary();
    canary(20);
    const answers = await allAsk(browsers(10_000), await connections(32));
    expect(Math.abs(ofGreen(answers) - 2000)).toBeLessThanOrEqual(100);
    const { canaryToCandidate, canaryToActive } = service.status().counters;
    expect([canaryToCandidate, canaryToActive]).toEqual([ofGreen(answers), 10_000 - ofGreen(answers)]);
  }, 60_000);

  test("takes its share of a few clients as well", async () => {
    const { canary, connections } = await startCanary();
    canary(20);
    const answers = await allAsk(browsers(50), await connections(1));
    expect(Math.abs(ofGreen(answers) - 10)).toBeLessThanOrEqual(2);
  });
});

test("a change of the percentage moves only the clients that have to move", async () => {
  const { canary, connections } = await startCanary();
  const clients = browsers(1000);
  const over = await connections(16);
  const at = async (percent: number): Promise<string[]> => {
    canary(percent);
    return allAsk(clients, over);
  };
  const at20 = await at(20);
  const at30 = await at(30);
  expect(Object.keys(moved(at20, at30))).toEqual(["blue to green"]);
  expect(Math.abs(ofGreen(at30) - 300)).toBeLessThanOrEqual(10);
  const again = await at(20);
  expect(Object.keys(moved(at30, again))).toEqual(["green to blue"]);
  expect(again).toEqual(at20);
  expect(ofGreen(await at(0))).toBe(0);
  expect(ofGreen(await at(100))).toBe(1000);
}, 60_000);

test("another canary begins with other clients", async () => {
  const { apply, connections } = await startCanary();
  const clients = browsers(200);
  const over = await connections(4);
  apply({ canary: { percent: 20, since: 0 } });
  const first = await allAsk(clients, over);
  apply({ canary: { percent: 20, since: 5000 } });
  const second = await allAsk(clients, over);
  expect(first.filter((body, at) => body === "green" && second[at] === "green")).toEqual([]);
});

describe("a client", () => {
  test("goes one way with pages, polls, posts and WebSockets", async () => {
    const { canary, connections, port, blue, green } = await startCanary();
    canary(50);
    const [connection] = await connections(1);
    for (const client of browsers(20)) {
      if (!connection) throw new Error("there is no connection");
      const home = (await client.get(connection)).body;
      const headers = client.headers();
      expect((await client.get(connection, "/assets/app.js")).body).toBe(home);
      const poll = "/socket.io/?EIO=4&transport=polling";
      expect((await connection.request("GET", poll, { headers })).body).toBe(home);
      expect((await connection.request("POST", poll, { headers, body: "40" })).body).toBe(home);
      const tunnel = await askAlone(port, "GET", "/ws", { headers: { ...headers, ...HANDSHAKE } });
      await tunnel.hears("HTTP/1.1 101 ");
      const all = home === "green" ? green : blue;
      expect(all.targets.slice(-4)).toEqual(["/assets/app.js", poll, poll, "/ws"]);
    }
  });

  test("gets its cookie once: out of reach of scripts, sent everywhere, and secure where https is spoken", async () => {
    const { canary, connections } = await startCanary();
    const [connection] = await connections(1);
    const client = new BrowserLike();
    if (!connection) throw new Error("there is no connection");
    expect((await client.get(connection)).headers["set-cookie"]).toBeUndefined();
    canary(20);
    expect((await client.get(connection)).headers["set-cookie"]).toMatch(
      /^holdgate_canary=\d{1,4}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
    );
    expect((await client.get(connection)).headers["set-cookie"]).toBeUndefined();
  });

  test("shows its cookie to the gateway only", async () => {
    const { canary, connections, green } = await startCanary();
    canary(100);
    const [connection] = await connections(1);
    await connection?.request("GET", "/", { headers: { Cookie: "a=1; holdgate_canary=5; b=2" } });
    expect(green.arrivals.at(-1)?.headers.cookie).toBe("a=1; b=2");
  });

  test("gets it with the answer to a handshake, too", async () => {
    const { canary, port } = await startCanary();
    canary(20);
    const tunnel = await askAlone(port, "GET", "/ws", { headers: HANDSHAKE });
    await tunnel.hears("Set-Cookie: holdgate_canary=");
  });

  test.each(["", "10000", "-1", "007", "1.5", "1e3", "abc", "12345"])(
    "with a cookie that was tampered with (%j) gets a new one",
    async (value) => {
      const { canary, connections } = await startCanary();
      canary(20);
      const [connection] = await connections(1);
      const answer = await connection?.request("GET", "/", {
        headers: { Cookie: `holdgate_canary=${value}` },
      });
      expect(answer?.headers["set-cookie"]).toMatch(/^holdgate_canary=\d+;/);
    },
  );
});

describe("a client that keeps no cookies", () => {
  test("is known by its bearer token", async () => {
    const { canary, port } = await startCanary();
    canary(50);
    const connection = await openClient(port);
    const homes = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const headers = { Authorization: `Bearer token-of-${user}` };
      const first = await connection.request("GET", "/", { headers });
      const second = await connection.request("GET", "/", { headers });
      expect(second.body).toBe(first.body);
      homes.add(first.body);
    }
    expect(homes).toEqual(new Set(["blue", "green"]));
  });

  test("and comes with several requests side by side is known by the app's cookies, for a moment", async () => {
    const { canary, connections, clock } = await startCanary();
    canary(50);
    const over = await connections(8);
    const headers = { Cookie: "session=4711", "User-Agent": "a browser" };
    const homes = new Set<string>();
    for (let turn = 0; turn < 30; turn++) {
      const answers = await Promise.all(over.map((each) => each.request("GET", "/", { headers })));
      const [first] = answers;
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([first?.body]));
      homes.add(first?.body ?? "");
      clock.advance(10_000);
    }
    expect(homes).toEqual(new Set(["blue", "green"]));
  });
});

test("what a balancer or a certificate authority asks goes to the active upstream", async () => {
  const { canary, connections } = await startCanary("    paths: [/]");
  canary(100);
  const [connection] = await connections(1);
  const challenge = await connection?.request("GET", "/.well-known/acme-challenge/x");
  expect(challenge?.body).toBe("blue");
  expect((await connection?.request("GET", "/"))?.body).toBe("green");
});
