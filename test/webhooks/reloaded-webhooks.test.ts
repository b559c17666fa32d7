// Webhooks at the start of a gateway and at reloads of its config.

import { describe, expect, onTestFinished, test } from "vitest";
import { EventLog } from "../../src/control/event-log.ts";
import { silentLog } from "../../src/control/control-log.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { open, received, SECRET, settings } from "./open-webhooks.ts";
import { silence, startReceiver, status, taken } from "./receiver.ts";

test("a start tells what happened before there were webhooks, each event once", async () => {
  const receiver = await startReceiver();
  const clock = new ManualClock(Date.now());
  const events = new EventLog({ clock });
  events.publish("hold_started", "chat");
  const webhooks = new Webhooks({ clock, log: silentLog, events, env: { TEAM_SECRET: SECRET } });
  onTestFinished(() => webhooks.destroy());
  events.publish("cutover", "chat", { from: "blue", to: "green" });
  webhooks.start([settings(receiver.url)]);
  events.publish("released", "chat");
  await received(receiver, 3);
  await eventually(() => expect(webhooks.status()).toMatchObject([{ state: "idle", sent: 3 }]));
  expect(receiver.types()).toEqual(["hold_started", "cutover", "released"]);
});

describe("a reload while a post waits to be tried again", () => {
  test("leaves a webhook that is still the same its pause and its retries", async () => {
    const receiver = await startReceiver();
    receiver.answer(status(500), taken);
    const { tell, webhooks, clock, status: now } = open(settings(receiver.url, { retries: 1 }));
    tell("hold_started");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    for (let reload = 0; reload < 3; reload++) webhooks.configure([settings(receiver.url, { retries: 1 })]);
    clock.advance(999);
    // Beside the queue, so that a retry that came too early would have come before it.
    receiver.answer(taken, taken);
    await webhooks.test("team");
    expect(receiver.types()).toEqual(["hold_started", "test"]);
    expect(now()).toMatchObject({ state: "retrying", failed: 0 });
    clock.advance(1);
    await eventually(() => expect(now()).toMatchObject({ state: "idle", sent: 1, failed: 0 }));
  });

  test("sends it in the new format", async () => {
    const receiver = await startReceiver();
    receiver.answer(status(500), taken);
    const { tell, webhooks, status: now } = open(settings(receiver.url));
    tell("released");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    webhooks.configure([settings(receiver.url, { format: "chat" })]);
    await received(receiver, 2);
    const texts = receiver.received.map(({ body }): unknown => JSON.parse(body));
    expect(texts[1]).toEqual({ text: "chat: the hold is over, requests go on" });
  });

  test("that brings back a webhook lets it go on, one post at a time", async () => {
    const receiver = await startReceiver();
    receiver.answer(silence, taken);
    const { tell, webhooks, clock, status: now } = open(settings(receiver.url));
    tell("hold_started");
    await received(receiver, 1);
    webhooks.configure([]);
    webhooks.configure([settings(receiver.url)]);
    tell("released");
    expect(now()).toMatchObject({ state: "sending", queued: 2 });
    clock.advance(10_000);
    await eventually(() => expect(now()?.state).toBe("retrying"));
    clock.advance(1_000);
    await received(receiver, 3);
    expect(receiver.types()).toEqual(["hold_started", "hold_started", "released"]);
  });
});
