// What would not end by itself: event streams are ended between two events, long polls are taken back.

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startChat } from "../../examples/chat/start-chat.ts";
import { eventually } from "../support/eventually.ts";
import { askAlone, openClient } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startEventSource } from "../support/start-event-source.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const STREAM = { Accept: "text/event-stream" };
const NEVER = new AbortController().signal;

async function setUp(clock?: ManualClock) {
  const blue = await startScriptedUpstream();
  const green = await startScriptedUpstream();
  const gateway = await openGateway({ blue: blue.url, ...(clock && { clock }) });
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
  const hold = () => gateway.dispatch({ type: "hold", service: "chat" });
  const release = () => gateway.dispatch({ type: "release", service: "chat" });
  const cutOver = () =>
    gateway.dispatch({ type: "cutover", service: "chat", to: "green", force: false, candidateHealthy: true });
  return { blue, green, gateway, service: gateway.service, hold, release, cutOver };
}

describe("an event stream", () => {
  test("ends at a hold behind the event that is being written, and its reconnect is held and resumed", async () => {
    const { blue, gateway, service, hold, release } = await setUp();
    const client = await openClient(gateway.port);
    client.ask("GET", "/events", { headers: STREAM });
    const stream = await blue.arrivalOf("/events");
    stream.begin("text/event-stream");
    stream.write("id: 1\ndata: one\n\nid: 2\nda");
    await client.hears("id: 2\nda");

    await hold();
    const quiet = service.whenQuiet(NEVER);
    expect(service.status()).toMatchObject({ inFlight: 1 });
    stream.write("ta: two\n\n");
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 200, body: "id: 1\ndata: one\n\nid: 2\ndata: two\n\n" });
    expect(await quiet).toMatchObject({ inFlight: 0 });

    client.ask("GET", "/events", { headers: { ...STREAM, "Last-Event-ID": "2" } });
    await eventually(() => expect(service.status().held).toBe(1));
    expect(blue.arrivals).toHaveLength(1);
    await release();
    const [, again] = await blue.arrived(2);
    expect(again?.headers["last-event-id"]).toBe("2");
  });

  test("ends at a cutover at once when it stands between two events, and comes back to the new upstream", async () => {
    const { blue, green, gateway, service, cutOver } = await setUp();
    const client = await openClient(gateway.port);
    client.ask("GET", "/events", { headers: STREAM });
    const stream = await blue.arrivalOf("/events");
    stream.begin("text/event-stream");
    stream.write("id: 7\r\ndata: seven\r\n\r\n: a comment\r\n");
    await client.hears(": a comment");

    await cutOver();
    const { body } = await client.answer();
    expect(body).toBe("id: 7\r\ndata: seven\r\n\r\n: a comment\r\n");
    expect(await service.whenDrained("blue", NEVER)).toMatchObject({ inFlight: 0 });
    expect(gateway.events.at(-1)).toEqual({
      type: "drain_finished",
      service: "chat",
      upstream: "blue",
      cut: 0,
    });
    client.ask("GET", "/events", { headers: { ...STREAM, "Last-Event-ID": "7" } });
    expect((await green.arrivalOf("/events")).headers["last-event-id"]).toBe("7");
  });
});

describe("an event stream that stays open", () => {
  test("because it never comes to the end of an event is cut at the drain's deadline", async () => {
    const clock = new ManualClock();
    const { blue, gateway, service, cutOver } = await setUp(clock);
    const client = await askAlone(gateway.port, "GET", "/events", { headers: STREAM });
    const stream = await blue.arrivalOf("/events");
    stream.begin("text/event-stream");
    stream.write("data: half");
    await client.hears("data: half");
    await cutOver();
    clock.advance(29_999);
    expect(service.status().inFlight).toBe(1);
    clock.advance(1);
    expect(service.status().inFlight).toBe(0);
    await client.ends();
    expect(client.received).not.toContain("0\r\n\r\n");
    expect(gateway.events.at(-1)).toMatchObject({ type: "drain_finished", cut: 1 });
  });

  test("does not hold up the release of those behind it", async () => {
    const { blue, gateway, hold, release } = await setUp();
    await hold();
    const streams = 12;
    for (let count = 0; count < streams; count++) {
      await askAlone(gateway.port, "GET", `/events/${count}`, { headers: STREAM });
    }
    await eventually(() => expect(gateway.service.status().held).toBe(streams));
    await release();
    for (const stream of await blue.arrived(8)) stream.begin("text/event-stream");
    await blue.arrived(streams);
  });
});

describe("a long poll without a byte of an answer", () => {
  test.each(["cutover", "hold"] as const)(
    "is taken back half a second after it was sent, at a %s",
    async (step) => {
      const clock = new ManualClock();
      const { blue, green, gateway, service, hold, release, cutOver } = await setUp(clock);
      const client = await askAlone(gateway.port, "GET", "/poll");
      await blue.arrivalOf("/poll");
      await (step === "hold" ? hold() : cutOver());
      clock.advance(499);
      expect(service.status()).toMatchObject({ inFlight: 1, held: 0 });
      clock.advance(1);
      if (step === "hold") {
        expect(service.status()).toMatchObject({ inFlight: 0, held: 1 });
        expect(await service.whenQuiet(NEVER)).toMatchObject({ inFlight: 0, held: 1 });
        await release();
        const [, again] = await blue.arrived(2);
        again?.answer(200, "news");
      } else {
        expect(await service.whenDrained("blue", NEVER)).toMatchObject({ inFlight: 0 });
        (await green.arrivalOf("/poll")).answer(200, "news");
      }
      expect(await client.answer()).toMatchObject({ status: 200, body: "news" });
      expect(service.status().counters).toMatchObject({ admitted: 1, forwarded: 1, failed: 0 });
    },
  );

  test("is left alone when it came by POST, or when its answer has begun", async () => {
    const clock = new ManualClock();
    const { blue, green, gateway, service, cutOver } = await setUp(clock);
    const post = await askAlone(gateway.port, "POST", "/poll", { body: "since=7" });
    const posted = await blue.arrivalOf("/poll");
    const begun = await askAlone(gateway.port, "GET", "/begun");
    const arrival = await blue.arrivalOf("/begun");
    arrival.begin();
    await begun.hears("\r\n\r\n");
    await cutOver();
    clock.advance(20_000);
    expect(service.status()).toMatchObject({ inFlight: 2, held: 0 });
    posted.answer(200, "news");
    arrival.write("late");
    arrival.end();
    expect(await post.answer()).toMatchObject({ status: 200, body: "news" });
    expect(await begun.answer()).toMatchObject({ status: 200, body: "late" });
    expect([blue.targets, green.targets]).toEqual([["/poll", "/begun"], []]);
  });
});

describe("an EventSource as browsers have it", () => {
  test("misses nothing over a hold, a cutover and a maintenance, and never gives up", async () => {
    const db = join(await temporaryDirectory(), "chat.db");
    const [blue, green] = [await startChat({ db }), await startChat({ db, version: "2.0.0" })];
    onTestFinished(async () => void (await Promise.all([blue.close(), green.close()])));
    const gateway = await openGateway({ blue: `http://127.0.0.1:${blue.port}` });
    const { service } = gateway;
    const say = async (port: number, text: string) => {
      const client = await openClient(port);
      const body = JSON.stringify({ author: "ada", text });
      expect(await client.request("POST", "/api/rooms/lobby/messages", { body })).toMatchObject({
        status: 201,
      });
    };
    const source = await startEventSource(`${gateway.url}/api/rooms/lobby/events`);
    const texts = () => source.messages.map(({ data }) => JSON.parse(data).text);
    await source.opened(1);
    await say(gateway.port, "one");

    await gateway.dispatch({ type: "hold", service: "chat" });
    await eventually(() => expect(service.status().held).toBe(1));
    await say(blue.port, "two");
    const urls = [`http://127.0.0.1:${green.port}`];
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls });
    const cutover = { type: "cutover", service: "chat", to: "green", candidateHealthy: true } as const;
    await gateway.dispatch({ ...cutover, force: false });
    await gateway.dispatch({ type: "release", service: "chat" });
    await eventually(() => expect(texts()).toEqual(["one", "two"]));

    const rollback = { type: "rollback", service: "chat", force: false, previousHealthy: true } as const;
    await gateway.dispatch({ type: "maintenance_on", service: "chat", retryAfterMs: 1000 });
    await gateway.dispatch(rollback);
    const { refused } = service.status().counters;
    await eventually(() => expect(service.status().counters.refused).toBeGreaterThan(refused));
    await say(green.port, "three");
    await gateway.dispatch({ type: "maintenance_off", service: "chat" });
    await eventually(() => expect(texts()).toEqual(["one", "two", "three"]));
    expect(source.gaveUp).toBe(false);
  });
});
