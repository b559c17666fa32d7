// What becomes of sessions of long-polling, request by request, with the test's clock.

import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { HANDSHAKE } from "../../support/handshake.ts";
import { askAlone, type KeepAliveClient, openClient } from "../../support/keep-alive-client.ts";
import {
  type Arrival,
  type ScriptedUpstream,
  startScriptedUpstream,
} from "../../support/scripted-upstream.ts";
import { startService } from "../../support/start-service.ts";

const OPEN = "/socket.io/?EIO=4&transport=polling";
const DRAIN_MS = 30_000;
const LOOK_MS = 100;

/** An app that opens sessions, and lets everything else wait for the test. */
async function startApp(sid: string): Promise<ScriptedUpstream> {
  const onArrival = (arrival: Arrival) => {
    if (arrival.target === OPEN) arrival.answer(200, `0{"sid":"${sid}","upgrades":["websocket"]}`);
    else if (arrival.target.startsWith("/other")) arrival.answer(200, sid);
  };
  return startScriptedUpstream({ onArrival });
}

async function setUp(service = "") {
  const [blue, green] = [await startApp("from-blue"), await startApp("from-green")];
  const started = await startService({ upstreams: { blue: blue.url, green: green.url }, service });
  onTestFinished(() => started.close());
  const { port, apply, clock } = started;
  let count = 0;
  const ask = (method: string, rest = "", parts = {}) =>
    askAlone(port, method, `${OPEN}&sid=from-blue&t=${++count}${rest}`, parts);
  /** Asked, and there. */
  const reach = async (app: ScriptedUpstream, method: string, rest = "", parts = {}) => {
    const { length } = app.arrivals;
    const client = await ask(method, rest, parts);
    const arrivals = await app.arrived(length + 1);
    const arrival = arrivals[length];
    if (!arrival) throw new Error("it did not come");
    return { client, arrival };
  };
  const open = async () => {
    const client = await askAlone(port, "GET", OPEN);
    expect((await client.answer()).body).toContain("sid");
  };
  const cutOver = (active: string) =>
    apply({ slots: { active, previous: active === "blue" ? "green" : "blue" } });
  return { ...started, blue, green, ask, reach, open, cutOver, clock };
}

function body(client: KeepAliveClient): Promise<string> {
  return client.answer().then((answer) => answer.body);
}

const POLICY = "    websocket: { onCutover: drain }\n";

describe("during a drain", () => {
  it("polls, posts and the upgrade of a session go where it was opened, everything else to the new upstream", async () => {
    const { blue, green, reach, open, cutOver, port } = await setUp(POLICY);
    await open();
    cutOver("green");
    const { client, arrival } = await reach(blue, "GET");
    await reach(blue, "POST", "", { body: "4hello" });
    await reach(blue, "GET", "&x=1".replace("x", "y"));
    const upgrade = "/socket.io/?EIO=4&transport=websocket&sid=from-blue";
    await askAlone(port, "GET", upgrade, { headers: HANDSHAKE });
    await blue.arrivalOf(upgrade);
    expect(await body(await askAlone(port, "GET", "/other"))).toBe("from-green");
    expect(await body(await askAlone(port, "GET", OPEN))).toContain("from-green");
    arrival.answer(200, "4hello");
    expect(await body(client)).toBe("4hello");
    expect(green.targets).toEqual(["/other", OPEN]);
  });

  it("a poll that waits is not taken back, and its drain goes on until the deadline, which closes the session", async () => {
    const { blue, green, reach, open, ask, cutOver, clock, events } = await setUp(POLICY);
    await open();
    const { client } = await reach(blue, "GET");
    cutOver("green");
    clock.advance(DRAIN_MS - 1);
    expect(client.received).toBe("");
    expect(blue.inFlight).toBe(1);
    clock.advance(1);
    expect(await body(client)).toBe("1");
    await eventually(() => expect(events.map(({ type }) => type)).toContain("drain_finished"));
    expect(await body(await ask("GET"))).toBe("1");
    expect(await (await ask("POST", "", { body: "4x" })).answer()).toMatchObject({ status: 410 });
    expect(green.targets).toEqual([]);
  });

  it("a rollback keeps the sessions that are still there", async () => {
    const { blue, reach, open, cutOver, clock } = await setUp(POLICY);
    await open();
    const { client, arrival } = await reach(blue, "GET");
    cutOver("green");
    clock.advance(DRAIN_MS / 2);
    cutOver("blue");
    clock.advance(DRAIN_MS);
    arrival.answer(200, "4still here");
    expect(await body(client)).toBe("4still here");
    await reach(blue, "GET");
  });
});

describe("a drain is not kept going", () => {
  it("by a session that nobody asks for any more", async () => {
    const { open, cutOver, clock, events } = await setUp(POLICY);
    await open();
    cutOver("green");
    clock.advance(10_000 + LOOK_MS);
    expect(events.map(({ type }) => type)).toContain("drain_finished");
  });

  it("by one that its client has closed", async () => {
    const { blue, reach, open, cutOver, clock, events } = await setUp(POLICY);
    await open();
    const { client, arrival } = await reach(blue, "POST", "", { body: "1" });
    arrival.answer(200, "ok");
    await client.answer();
    cutOver("green");
    clock.advance(LOOK_MS);
    expect(events.map(({ type }) => type)).toContain("drain_finished");
  });
});

describe("where tunnels are to reconnect, sessions are, too", () => {
  it("a poll that listens in vain is closed at its turn", async () => {
    const { blue, green, reach, open, ask, cutOver, clock } = await setUp();
    await open();
    const { client, arrival } = await reach(blue, "GET");
    cutOver("green");
    clock.advance(LOOK_MS);
    expect(await body(client)).toBe("1");
    await arrival.ended();
    expect(await body(await ask("GET"))).toBe("1");
    expect(green.targets).toEqual([]);
  });

  it("not while something is on its way to the app", async () => {
    const { blue, reach, open, cutOver, clock } = await setUp();
    await open();
    const poll = await reach(blue, "GET");
    const post = await reach(blue, "POST", "", { body: "4hello" });
    cutOver("green");
    clock.advance(1000);
    expect(poll.client.received).toBe("");
    post.arrival.answer(200, "ok");
    expect(await body(post.client)).toBe("ok");
    await eventually(() => expect(blue.inFlight).toBe(1));
    clock.advance(LOOK_MS);
    expect(await body(poll.client)).toBe("1");
  });
});

describe("an app that is replaced in place", () => {
  it("is not asked for the sessions of the one before", async () => {
    const { blue, ask, reach, open, clock } = await setUp();
    await open();
    const { client } = await reach(blue, "GET");
    await blue.kill();
    const post = await ask("POST", "", { body: "4x" });
    const { length } = blue.arrivals;
    await blue.listen();
    await eventually(async () => {
      clock.advance(50);
      expect(client.received).toContain("200 OK");
    });
    expect(await body(client)).toBe("1");
    expect(await post.answer()).toMatchObject({ status: 410 });
    expect(blue.arrivals).toHaveLength(length);
    await open();
  });

  it("nor after a hold in which one poll was lost, and another waited", async () => {
    const { blue, ask, reach, open, apply, service, clock } = await setUp();
    await open();
    const { client } = await reach(blue, "GET");
    apply({ mode: "hold" });
    const held = await ask("GET");
    await eventually(() => expect(service.status().held).toBe(1));
    // Else the connection would pass for one that was dead before the poll.
    clock.advance(1000);
    blue.hangUp();
    await eventually(() => expect(service.status().held).toBe(2));
    const { length } = blue.arrivals;
    apply({ mode: "open" });
    clock.advance(1);
    expect(await body(client)).toBe("1");
    expect(await body(held)).toBe("1");
    expect(blue.arrivals).toHaveLength(length);
  });

  it("is noticed by a probe, too", async () => {
    const { blue, ask, open, clock } = await setUp();
    await open();
    const { probes, arrivals } = blue;
    await blue.kill();
    await eventually(() => clock.advance(1000), 300);
    await blue.listen();
    await eventually(async () => {
      clock.advance(1000);
      expect(blue.probes).toBeGreaterThan(probes);
    });
    expect(await body(await ask("GET"))).toBe("1");
    expect(arrivals.every(({ target }) => target === OPEN)).toBe(true);
  });
});

describe("a session of which the gateway knows only what clients say", () => {
  it("belongs to the upstream that takes its polls: the gateway may have been restarted", async () => {
    const { blue, green, reach, cutOver } = await setUp(POLICY);
    const { client, arrival } = await reach(blue, "GET");
    arrival.answer(200, "2");
    await body(client);
    cutOver("green");
    await reach(blue, "GET");
    expect(green.targets).toEqual([]);
  });

  it("is none when the app does not know it", async () => {
    const { blue, green, reach, cutOver } = await setUp(POLICY);
    const { client, arrival } = await reach(blue, "GET");
    arrival.answer(400, '{"code":1,"message":"Session ID unknown"}');
    await body(client);
    cutOver("green");
    await reach(green, "GET");
  });
});

it("a session stays where it was opened, also for who asks for the candidate", async () => {
  const { blue, green, port, reach, open, apply } = await setUp(
    "    candidate: { headers: { X-Version: next } }\n",
  );
  apply({ slots: { candidate: "green" } });
  await open();
  const headers = { "X-Version": "next" };
  await reach(blue, "GET", "", { headers });
  expect(await body(await askAlone(port, "GET", "/other", { headers }))).toBe("from-green");
  expect(green.targets).toEqual(["/other"]);
});

describe("a hold", () => {
  it("leaves a session's stream where it is, and ends an event stream that is nobody's", async () => {
    const { blue, port, apply, clock, events } = await setUp();
    const [stream, plain] = ["/echo/000/abcd/eventsource", "/events"];
    const clients = [];
    for (const target of [stream, plain]) {
      const client = await askAlone(port, "GET", target);
      const arrival = await blue.arrivalOf(target);
      arrival.begin("text/event-stream");
      arrival.write("\r\ndata: o\r\n\r\n");
      await client.hears("data: o");
      clients.push(client);
    }
    apply({ mode: "hold" });
    clock.advance(LOOK_MS);
    await eventually(() => expect(blue.inFlight).toBe(1));
    clock.advance(LOOK_MS);
    expect(events.map(({ type }) => type)).toContain("hold_settled");
    expect((await clients[1]?.answer())?.body).toContain("data: o");
    expect(clients[0]?.received).not.toContain("0\r\n\r\n");
  });
});

it("sessions that nobody has opened leave nothing behind", async () => {
  const { port, service, blue } = await setUp();
  const client = await openClient(port);
  for (let at = 0; at < 500; at++) {
    client.ask("GET", `${OPEN}&sid=random-${at}`);
    const arrivals = await blue.arrived(2 * at + 1);
    arrivals.at(-1)?.answer(400, '{"code":1,"message":"Session ID unknown"}');
    await client.answer();
    client.ask("POST", `/echo/000/session-${at}/xhr`, { body: "" });
    (await blue.arrived(2 * at + 2)).at(-1)?.answer(404, "");
    await client.answer();
  }
  const { book } = service.sessions;
  expect([book.size, book.gone]).toEqual([0, 0]);
});
