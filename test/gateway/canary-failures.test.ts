// A candidate that fails loses its share at once, and its clients do not notice.

import { describe, expect, onTestFinished, test } from "vitest";
import { BrowserLike } from "../support/browser-like.ts";
import { eventually } from "../support/eventually.ts";
import { askAlone, type KeepAliveClient, openClient } from "../support/keep-alive-client.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startCanary } from "../support/start-canary.ts";
import { startService } from "../support/start-service.ts";

async function setUp(service = "") {
  const started = await startCanary(service);
  const get = async (target = "/"): Promise<string> => {
    const connection = await openClient(started.port);
    const { status, body } = await connection.request("GET", target);
    return `${status} ${body}`;
  };
  const ask = (method: string, target: string, body?: string): Promise<KeepAliveClient> =>
    askAlone(started.port, method, target, body === undefined ? {} : { body });
  return { ...started, get, ask };
}

describe("a candidate that is not healthy", () => {
  test("gets no client, and gets its share back when it is healthy again", async () => {
    const { canary, get, green, greenIs, service } = await setUp();
    canary(100);
    expect(await get()).toBe("200 green");
    green.healthy = false;
    await greenIs("unhealthy");
    expect(await get()).toBe("200 blue");
    expect(service.status().canary).toEqual({ percent: 100, since: 1_234_567, serving: false });
    green.healthy = true;
    await greenIs("healthy");
    expect(await get()).toBe("200 green");
  });

  test("gets none before it has shown that it is", async () => {
    const blue = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "blue") });
    const green = await startScriptedUpstream();
    const upstreams = { blue: blue.url, green: green.url };
    const { port, apply, service, close } = await startService({ upstreams });
    onTestFinished(close);
    apply({ slots: { candidate: "green" }, canary: { percent: 100, since: 0 } });
    await eventually(() => expect(service.health("green").checkedAt).not.toBeNull());
    const client = await askAlone(port, "GET", "/");
    expect(await client.answer()).toMatchObject({ status: 200, body: "blue" });
  });
});

describe("a candidate that is killed", () => {
  test("has its polls sent to the active upstream, but no post that it may have carried out", async () => {
    const { canary, ask, blue, green, service } = await setUp();
    canary(100);
    const poll = await ask("GET", "/waits/poll");
    const post = await ask("POST", "/waits/post", "a message");
    await green.arrivalOf("/waits/post");
    await green.arrivalOf("/waits/poll");
    await green.kill();
    expect(await post.answer()).toMatchObject({ status: 502 });
    (await blue.arrivalOf("/waits/poll")).answer(200, "blue");
    expect(await poll.answer()).toMatchObject({ status: 200, body: "blue" });
    expect(blue.targets).toEqual(["/waits/poll"]);
    expect(service.status().counters).toMatchObject({ canaryFellBack: 1, resent: 1, failed: 1 });
  });

  test("gets nothing more until a probe is good again", async () => {
    const { canary, get, green, clock } = await setUp();
    canary(100);
    await green.kill();
    expect(await get("/first")).toBe("200 blue");
    await green.listen();
    expect(await get("/second")).toBe("200 blue");
    await eventually(async () => {
      clock.advance(500);
      expect(await get("/third")).toBe("200 green");
    });
    expect(green.targets).not.toContain("/second");
  });

  test.each([
    ["also without automatic holds", "    hold: { automatic: false }"],
    ["with automatic holds", ""],
  ])("fails nobody %s", async (_what, config) => {
    const { canary, get, green } = await setUp(config);
    canary(100);
    await green.kill();
    expect(await get()).toBe("200 blue");
  });
});

test("a candidate that is killed in full load fails nobody: what it had goes to the active upstream", async () => {
  const { canary, connections, green, service } = await setUp();
  canary(50);
  const load = new Load(await connections(16));
  await eventually(() => expect(green.arrivals.length).toBeGreaterThan(300));
  await green.kill();
  await load.goesOn(500);
  await load.stop();
  expect(new Set(load.statuses)).toEqual(new Set([200]));
  const { automaticHoldSince, held, counters, canary: status } = service.status();
  expect({ automaticHoldSince, held, status }).toMatchObject({
    automaticHoldSince: null,
    held: 0,
    status: { serving: false },
  });
  expect(counters.canaryFellBack).toBeGreaterThan(0);
  expect(counters.failed).toBe(0);
  expect(counters.admitted).toBe(counters.forwarded);
}, 30_000);

/** Each connection is that of a browser, which asks again as soon as it is answered. */
class Load {
  readonly statuses: number[] = [];
  readonly #ended: Promise<void[]>;
  #stopping = false;

  constructor(connections: readonly KeepAliveClient[]) {
    this.#ended = Promise.all(connections.map((connection) => this.#browse(connection)));
  }

  async goesOn(more: number): Promise<void> {
    const wanted = this.statuses.length + more;
    await eventually(() => expect(this.statuses.length).toBeGreaterThan(wanted));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
  }

  async #browse(connection: KeepAliveClient): Promise<void> {
    const browser = new BrowserLike();
    while (!this.#stopping) this.statuses.push((await browser.get(connection)).status);
  }
}

test.each(["hold", "maintenance"] as const)(
  "who gets past %s does so too when the candidate is killed: the active upstream is asked at once",
  async (mode) => {
    const bypass = "    maintenance: { bypass: { networks: [127.0.0.0/8] } }\n";
    const { canary, ask, apply, blue, green, service } = await setUp(bypass);
    canary(100);
    apply({ mode });
    const client = await ask("GET", "/waits");
    await green.arrivalOf("/waits");
    await green.kill();
    (await blue.arrivalOf("/waits")).answer(200, "blue");
    expect(await client.answer()).toMatchObject({
      status: 200,
      body: "blue",
      headers: { "holdgate-bypass": "network" },
    });
    const { held, counters } = service.status();
    expect({ held, counters }).toMatchObject({
      held: 0,
      counters: { admitted: 1, forwarded: 1, refused: 0, resent: 1, canaryFellBack: 1 },
    });
  },
);

test("what fails at the active upstream, too, is held as everything is", async () => {
  const { canary, ask, blue, green, service, clock } = await setUp();
  canary(100);
  await green.kill();
  await blue.kill();
  const client = await ask("GET", "/");
  await eventually(() => expect(service.status()).toMatchObject({ held: 1 }));
  expect(service.status().automaticHoldSince).not.toBeNull();
  await blue.listen();
  await eventually(() => {
    clock.advance(100);
    expect(service.status().held).toBe(0);
  });
  expect(await client.answer()).toMatchObject({ status: 200, body: "blue" });
});

describe("the modes are for a canary's clients as for all:", () => {
  test("they are held, and go to the candidate when they are released", async () => {
    const { canary, apply, ask, service, blue, green } = await setUp();
    canary(100);
    apply({ mode: "hold" });
    const client = await ask("GET", "/held");
    await eventually(() => expect(service.status().held).toBe(1));
    apply({ mode: "open" });
    expect(await client.answer()).toMatchObject({ status: 200, body: "green" });
    expect([blue.targets, green.targets]).toEqual([[], ["/held"]]);
  });

  test("a hold waits for what they have in flight", async () => {
    const { canary, apply, ask, service, green } = await setUp();
    canary(100);
    const client = await ask("POST", "/waits", "a message");
    const post = await green.arrivalOf("/waits");
    apply({ mode: "hold" });
    let quiet = false;
    const settled = service.whenQuiet(new AbortController().signal).then(() => (quiet = true));
    await eventually(() => expect(service.status().inFlight).toBe(1));
    expect(quiet).toBe(false);
    post.answer(200, "green");
    await client.answer();
    await settled;
  });

  test("they get the maintenance page", async () => {
    const { canary, apply, get } = await setUp();
    canary(100);
    apply({ mode: "maintenance" });
    expect(await get()).toMatch(/^503 /);
  });

  test("held ones go to the candidate that has become active meanwhile, and to nothing older", async () => {
    const { canary, apply, ask, service, green } = await setUp();
    canary(20);
    apply({ mode: "hold" });
    const clients = await Promise.all(Array.from({ length: 10 }, () => ask("GET", "/held")));
    await eventually(() => expect(service.status().held).toBe(10));
    apply({ slots: { active: "green", candidate: null, previous: "blue" }, canary: null });
    apply({ mode: "open" });
    for (const client of clients) expect(await client.answer()).toMatchObject({ body: "green" });
    expect(green.targets).toHaveLength(10);
  });
});
