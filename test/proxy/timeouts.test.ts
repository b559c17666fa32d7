// Every wait has a deadline with a name (DESIGN §3). The test turns the hands of the clock; while a slow
// client or upstream is waited for, others are served as if nothing were.

import { describe, expect, it } from "vitest";
import type { ClientTimeouts, UpstreamTimeouts } from "../../src/proxy/engine-options.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { OK, RawUpstream } from "../support/raw-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const PING = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
// Deadlines are looked at four times a second, so one may pass so late.
const SWEEP_MS = 250;

interface Options {
  clientTimeouts?: Partial<ClientTimeouts>;
  upstreamTimeouts?: Partial<UpstreamTimeouts>;
}

/** An upstream that answers pings only, a client, and another client that must never notice anything. */
async function setUp(options: Options = {}) {
  const clock = new ManualClock();
  const blue = await RawUpstream.start(({ target, connection }) => {
    if (target === "/ping") connection.send(OK);
  });
  const started = await startEngine({ urls: [blue.url], clock, ...options });
  const client = await rawClient(started.port);
  const other = await rawClient(started.port);
  await expectOthersServed(other);
  return { ...started, clock, blue, client, other };
}

/** Also a barrier: what was sent before has been read by the engine when this one is answered. */
async function expectOthersServed(other: RawConnection): Promise<void> {
  other.forget();
  other.send(PING);
  await other.hears(OK);
}

/** So many seconds pass; in each of them `each` happens, and another client is served. */
async function secondsPass(
  seconds: number,
  { clock, other }: { clock: ManualClock; other: RawConnection },
  each: () => void = () => {},
): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    each();
    await expectOthersServed(other);
    clock.advance(1000);
  }
}

function repliesOf(client: RawConnection): string[] {
  return client.heard.match(/HTTP\/1\.1 \d{3} /g) ?? [];
}

describe("a client that is slow with its head", () => {
  it("is cut by head after 10 seconds, though it sends a byte each second", async () => {
    const all = await setUp();
    const { client, owner, clock, blue } = all;
    client.send("GET / HTTP/1.1\r\nX: ");
    await expectOthersServed(all.other);
    await secondsPass(9, all, () => client.send("x"));
    clock.advance(1000 - SWEEP_MS);
    expect(owner.refusals).toEqual([]);
    clock.advance(2 * SWEEP_MS);
    expect(owner.refusals).toEqual(["timeout"]);
    expect(await client.ends()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(blue.targets).not.toContain("/");
  });

  it("is cut by idle after 75 seconds without a byte, and told nothing", async () => {
    const all = await setUp();
    await secondsPass(74, all);
    expect(all.client.ending).toBe("open");
    all.clock.advance(1000 + SWEEP_MS);
    expect(await all.client.ends()).toBe("");
    expect(all.owner.refusals).toEqual([]);
  });

  it("is not kept alive by empty lines", async () => {
    const all = await setUp();
    await secondsPass(74, all, () => all.client.send("\r\n"));
    all.clock.advance(1000 + SWEEP_MS);
    expect(await all.client.ends()).toBe("");
  });

  it("may be idle for another 75 seconds behind each answer", async () => {
    const all = await setUp();
    for (const round of [1, 2, 3]) {
      await secondsPass(70, all);
      all.client.send(PING);
      await all.client.hears(OK, round);
    }
    await secondsPass(76, all);
    await all.client.ends();
  });
});

describe("a client that is slow with its body", () => {
  const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

  it("is cut by bodyStall after 30 seconds, though it sends a byte each second", async () => {
    const all = await setUp();
    const { client, owner, clock, blue } = all;
    client.send(POST);
    await secondsPass(29, all, () => client.send("x"));
    clock.advance(1000 - SWEEP_MS);
    expect(owner.refusals).toEqual([]);
    clock.advance(2 * SWEEP_MS);
    expect(await client.ends()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(owner.refusals).toEqual(["timeout"]);
    expect(owner.outcomes.at(-1)).toBe("abandoned");
    expect(blue.targets).not.toContain("/");
    await blue.connections.find(({ heard }) => heard.includes("POST"))?.ends();
  });

  it("may take as long as it likes while it makes progress", async () => {
    const all = await setUp();
    const { client, owner, blue } = all;
    client.send("POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 10240\r\n\r\n");
    for (let round = 0; round < 10; round++) {
      await secondsPass(29, all);
      client.send("x".repeat(1024));
      await expectOthersServed(all.other);
    }
    await client.hears(OK);
    expect(blue.requests.find(({ method }) => method === "POST")?.data).toHaveLength(10_240);
    expect(owner.refusals).toEqual([]);
  });

  it("is not blamed for a body that it was told to wait with", async () => {
    const all = await setUp();
    const { client, owner, blue } = all;
    client.send(POST.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
    await secondsPass(55, all);
    expect(owner.refusals).toEqual([]);
    expect(client.heard).toBe("");
    const connection = blue.connections.find(({ heard }) => heard.includes("POST"));
    connection?.send("HTTP/1.1 100 Continue\r\n\r\n");
    await client.hears("100 Continue");
  });
});

describe("a client that does not close behind the last answer", () => {
  it.each(["refused", "answered"])("(%s) is cut two seconds later", async (how) => {
    const all = await setUp();
    const lazy = await rawClient(all.port, true);
    lazy.send(
      how === "refused" ? "nonsense\r\n\r\n" : PING.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
    );
    await lazy.ends();
    expect(all.engine.connections).toBe(3);
    await secondsPass(1, all, () => lazy.send("more"));
    expect(all.engine.connections).toBe(3);
    await secondsPass(2, all, () => lazy.send("and more"));
    await eventually(() => expect(all.engine.connections).toBe(2));
    expect(repliesOf(lazy)).toHaveLength(1);
  });
});

describe("an upstream that is slow", () => {
  it("to accept is given up by connect after 2 seconds", async () => {
    const clock = new ManualClock();
    const blue = await RawUpstream.start();
    const { port, owner } = await startEngine({ urls: [blue.url], clock });
    // A connection is made in a later turn of the event loop: until then the upstream is slow to accept.
    const onRequest = owner.onRequest.bind(owner);
    owner.onRequest = (exchange) => {
      onRequest(exchange);
      clock.advance(2000 - SWEEP_MS);
      expect(owner.failures).toEqual([]);
      clock.advance(2 * SWEEP_MS);
    };
    const client = await rawClient(port);
    client.send(GET);
    await client.hears("HTTP/1.1 502 Bad Gateway\r\n");
    expect(owner.failures.map(({ kind, resendable }) => [kind, resendable])).toEqual([["connect", true]]);
    expect(blue.heard).toBe("");
  });

  it("to begin its answer is given up by responseHead after 60 seconds, with 504", async () => {
    const all = await setUp();
    all.client.send(GET);
    const { connection } = await all.blue.sees(2);
    await secondsPass(59, all);
    expect(all.owner.failures).toEqual([]);
    all.clock.advance(1000 + SWEEP_MS);
    await all.client.hears("HTTP/1.1 504 Gateway Timeout\r\n");
    expect(all.owner.failures.map(({ kind }) => kind)).toEqual(["timeout"]);
    await connection.ends();
  });

  it("is given the 60 seconds from the last byte of the request on", async () => {
    const all = await setUp();
    all.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n");
    for (let round = 0; round < 4; round++) {
      await secondsPass(25, all);
      all.client.send("x".repeat(1024));
    }
    await all.owner.until("the body", () => all.owner.exchanges.some(({ head }) => head.method === "POST"));
    await secondsPass(59, all);
    expect(all.owner.failures).toEqual([]);
    await secondsPass(2, all);
    await all.client.hears("HTTP/1.1 504 Gateway Timeout\r\n");
  });

  it("with its head is not helped by interim answers", async () => {
    const all = await setUp();
    all.client.send(GET);
    const { connection } = await all.blue.sees(2);
    await secondsPass(59, all, () => connection.send("HTTP/1.1 102 Processing\r\n\r\n"));
    all.clock.advance(1000 + SWEEP_MS);
    await all.client.hears("HTTP/1.1 504 Gateway Timeout\r\n");
  });
});

describe("an upstream that stops", () => {
  it("in the middle of its answer is cut by responseStall after 300 seconds without a byte", async () => {
    const all = await setUp();
    all.client.send(GET);
    const { connection } = await all.blue.sees(2);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    await all.client.hears("\r\n\r\n");
    for (const byte of "abc") {
      all.clock.advance(300_000 - SWEEP_MS);
      connection.send(byte);
      await all.client.hears(byte);
    }
    all.clock.advance(300_000 - SWEEP_MS);
    expect(all.client.ending).toBe("open");
    all.clock.advance(2 * SWEEP_MS);
    expect(await all.client.ends()).toMatch(/\r\n\r\nabc$/);
    expect(all.owner.outcomes.at(-1)).toBe("cut");
    await connection.ends();
  });
});

describe("an upstream that may be silent", () => {
  it.each([
    ["because its answer is an event stream", "Content-Type: text/event-stream\r\n", {}],
    ["because the stall is not watched", "", { responseStallMs: 0 }],
  ])("%s is not cut in a day", async (_, lines, upstreamTimeouts) => {
    const all = await setUp({ upstreamTimeouts });
    all.client.send(GET);
    const { connection } = await all.blue.sees(2);
    connection.send(`HTTP/1.1 200 OK\r\n${lines}\r\ndata: 1\n\n`);
    await all.client.hears("data: 1");
    all.clock.advance(86_400_000);
    connection.send("data: 2\n\n");
    await all.client.hears("data: 2");
  });
});

describe("a kept upstream connection", () => {
  it("is closed by idleUpstream after 55 seconds without a request", async () => {
    const { client, clock, blue } = await setUp();
    const [connection] = blue.connections;
    clock.advance(55_000 - SWEEP_MS);
    client.send(PING);
    await client.hears(OK);
    expect(blue.connections).toHaveLength(1);
    clock.advance(55_000 + SWEEP_MS);
    await connection?.ends();
  });

  it("is closed a second before the patience ends that the upstream announced", async () => {
    const { client, clock, blue } = await setUp();
    const [connection] = blue.connections;
    blue.answer = "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5, max=1000\r\n\r\n";
    client.send(PING);
    await client.hears("204");
    clock.advance(4000 - SWEEP_MS);
    client.send(PING);
    await client.hears("204", 2);
    expect(blue.connections).toHaveLength(1);
    clock.advance(4000 + SWEEP_MS);
    await connection?.ends();
    client.send(PING);
    await client.hears("204", 3);
    expect(blue.connections).toHaveLength(2);
  });

  it("is not used again when the upstream announced that it closes within a second", async () => {
    const { client, blue } = await setUp();
    blue.answer = "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=1\r\n\r\n";
    client.send(PING);
    await client.hears("204");
    client.send(PING);
    await client.hears("204", 2);
    expect(blue.connections).toHaveLength(2);
  });
});
