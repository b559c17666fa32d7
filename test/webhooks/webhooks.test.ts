// Webhooks as a team meets them: a receiver on a real socket, which is away, slow, broken or tired of it.

import { Webhook as StandardWebhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { MOST_QUEUED } from "../../src/webhooks/webhook.ts";
import { eventually } from "../support/eventually.ts";
import { open, received, SECRET, settings } from "./open-webhooks.ts";
import { breakOff, silence, startReceiver, status, taken } from "./receiver.ts";

describe("a post", () => {
  test("is signed so that Standard Webhooks verifies it, and says what happened in a sentence, too", async () => {
    const receiver = await startReceiver();
    const { events, status } = open(settings(receiver.url));
    const event = events.publish("cutover", "chat", { from: "blue", to: "green", forced: false });
    await received(receiver, 1);
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    const signature = {
      "webhook-id": String(headers["webhook-id"]),
      "webhook-timestamp": String(headers["webhook-timestamp"]),
      "webhook-signature": String(headers["webhook-signature"]),
    };
    expect(new StandardWebhook(SECRET).verify(body, signature)).toEqual({
      type: "cutover",
      timestamp: event.at,
      service: "chat",
      data: { from: "blue", to: "green", forced: false },
      text: "chat: cut over from blue to green",
    });
    expect(headers).toMatchObject({ "content-type": "application/json", "user-agent": "holdgate" });
    expect(() => new StandardWebhook(SECRET).verify(`${body} `, signature)).toThrow(
      "No matching signature found",
    );
    await eventually(() => expect(status()).toMatchObject({ state: "idle", sent: 1, queued: 0, failed: 0 }));
  });

  test("for a chat system is one sentence, signed only when there is a secret", async () => {
    const receiver = await startReceiver();
    const { tell } = open(settings(receiver.url, { format: "chat", secret: null }));
    tell("released");
    await received(receiver, 1);
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toEqual({
      text: "chat: the hold is over, requests go on",
    });
    expect(receiver.received[0]?.headers["webhook-signature"]).toBeUndefined();
  });

  test("tells only the events and services that were chosen, in their order", async () => {
    const receiver = await startReceiver();
    const { tell } = open(settings(receiver.url, { services: ["chat"] }));
    tell("hold_started");
    tell("hold_started", "wiki");
    tell("health_changed");
    for (let round = 0; round < 20; round++) tell(round % 2 === 0 ? "cutover" : "released");
    await received(receiver, 21);
    const rounds = Array.from({ length: 20 }, (_, round) => (round % 2 === 0 ? "cutover" : "released"));
    expect(receiver.types()).toEqual(["hold_started", ...rounds]);
  });
});

describe("a receiver that fails", () => {
  test.each([
    ["an error", status(500)],
    ["a redirect, which is not followed", status(302, { location: "http://127.0.0.1:1/" })],
    ["a refusal", status(401)],
    ["a broken connection", breakOff],
  ])("with %s gets the post again, with the same id, and the next one after it", async (_title, answer) => {
    const receiver = await startReceiver();
    const { tell, clock, status: now } = open(settings(receiver.url));
    receiver.answer(answer, taken);
    tell("hold_started");
    tell("released");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    expect(receiver.received).toHaveLength(1);
    clock.advance(1_000);
    await received(receiver, 3);
    expect(receiver.types()).toEqual(["hold_started", "hold_started", "released"]);
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  test("by silence is given up on after the timeout", async () => {
    const receiver = await startReceiver();
    const { tell, clock, status: now } = open(settings(receiver.url));
    receiver.answer(silence, taken);
    tell("released");
    await received(receiver, 1);
    clock.advance(10_000);
    await eventually(() =>
      expect(now()).toMatchObject({ state: "retrying", lastFailure: "no answer within 10s" }),
    );
    clock.advance(1_000);
    await received(receiver, 2);
  });

  test("by not being there is tried again until it is", async () => {
    const first = await startReceiver();
    await first.close();
    const { tell, clock, status: now } = open(settings(first.url));
    tell("released");
    await eventually(() =>
      expect(now()).toMatchObject({ state: "retrying", lastFailure: "no connection (ECONNREFUSED)" }),
    );
    const again = await startReceiver(first.port);
    clock.advance(1_000);
    await received(again, 1);
  });
});

describe("a receiver that goes on failing", () => {
  test("loses the post after the last retry, and hears of the next", async () => {
    const receiver = await startReceiver();
    const { tell, clock, status: now, own } = open(settings(receiver.url));
    receiver.answer(status(500), status(500), status(500), taken);
    tell("hold_started");
    tell("released");
    for (const [attempt, waitMs] of [1_000, 2_000].entries()) {
      await received(receiver, attempt + 1);
      await eventually(() => expect(now()?.state).toBe("retrying"));
      clock.advance(waitMs);
    }
    await received(receiver, 4);
    await eventually(() => expect(now()).toMatchObject({ sent: 1, failed: 1, state: "idle" }));
    const data = { webhook: "team", event: "hold_started", reason: "answered 500", attempts: 3 };
    expect(own()).toMatchObject([{ type: "webhook_failed", service: null, data }]);
  });

  test("and says when it wants to be asked again is left alone until then", async () => {
    const receiver = await startReceiver();
    const { tell, clock, status: now } = open(settings(receiver.url));
    receiver.answer(status(503, { "retry-after": "60" }), taken);
    tell("released");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    clock.advance(59_999);
    expect(now()?.state).toBe("retrying");
    clock.advance(1);
    await received(receiver, 2);
  });

  test("with 410 is told no more, until the configuration is read again", async () => {
    const receiver = await startReceiver();
    const hook = settings(receiver.url);
    const { tell, status: now, own, webhooks } = open(hook);
    receiver.answer(status(410));
    tell("hold_started");
    tell("released");
    await eventually(() => expect(now()).toMatchObject({ state: "stopped", dropped: 2, queued: 0 }));
    tell("cutover");
    expect(own().map(({ type }) => type)).toEqual(["webhook_stopped"]);
    receiver.answer(taken);
    webhooks.configure([hook]);
    tell("cutover");
    await received(receiver, 2);
    expect(receiver.types()).toEqual(["hold_started", "cutover"]);
  });
});

describe("what waits", () => {
  test("is bounded: the oldest goes, is counted, and told once", async () => {
    const receiver = await startReceiver();
    const { tell, clock, status: now, own } = open(settings(receiver.url));
    receiver.answer(status(500), taken);
    tell("hold_started");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    for (let extra = 0; extra < MOST_QUEUED + 4; extra++) tell(extra < 5 ? "cutover" : "released");
    expect(now()).toMatchObject({ queued: MOST_QUEUED, dropped: 5 });
    await eventually(() => expect(own().map(({ type }) => type)).toEqual(["webhook_dropping"]));
    clock.advance(1_000);
    await received(receiver, 1 + MOST_QUEUED);
    expect(receiver.types().filter((type) => type === "cutover")).toEqual([]);
  });

  test("goes to the new address after a reload, also when the webhook's name is gone", async () => {
    const away = await startReceiver();
    const receiver = await startReceiver();
    away.answer(status(500));
    const { tell, webhooks, clock, status: now } = open(settings(away.url));
    tell("hold_started");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    webhooks.configure([settings(receiver.url)]);
    await received(receiver, 1);
    receiver.answer(status(500), taken);
    tell("released");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    webhooks.configure([]);
    clock.advance(1_000);
    await received(receiver, 3);
    expect(webhooks.status()).toEqual([]);
  });

  test("is tried once more at the end, and for no longer than the grace", async () => {
    const receiver = await startReceiver();
    const { tell, webhooks, status: now, clock, logged } = open(settings(receiver.url));
    receiver.answer(status(500), taken, silence);
    tell("hold_started");
    tell("cutover");
    await eventually(() => expect(now()?.state).toBe("retrying"));
    const closed = webhooks.close(5_000);
    await received(receiver, 3);
    clock.advance(5_000);
    await closed;
    expect(receiver.types()).toEqual(["hold_started", "hold_started", "cutover"]);
    expect(logged.at(-1)).toContain("are lost");
    await eventually(() => expect(clock.pendingTimers).toBe(0));
  });
});

test("neither the secret nor the address is in the status, the log or an event", async () => {
  const receiver = await startReceiver();
  const {
    tell,
    webhooks,
    clock,
    logged,
    events,
    status: now,
  } = open(
    settings(receiver.url, { url: { env: "TEAM_URL" }, retries: 0 }),
    settings(`${receiver.url}?token=hush`, { name: "other", retries: 0 }),
  );
  webhooks.configure([settings(`${receiver.url}?token=hush`, { name: "other", retries: 0 })]);
  await receiver.close();
  tell("released");
  await eventually(() => expect(now()?.failed).toBe(1));
  clock.advance(1_000);
  const told = JSON.stringify([webhooks.status(), logged, events.since(0)]);
  expect(told).toContain("webhook_failed");
  for (const secret of [SECRET, SECRET.slice(6), "very-secret-path", "hush"]) {
    expect(told).not.toContain(secret);
  }
});

test("a test is posted beside the queue, and tells what became of it", async () => {
  const receiver = await startReceiver();
  const { webhooks } = open(settings(receiver.url));
  expect(await webhooks.test("team")).toEqual({ delivered: true, reason: null });
  expect(receiver.types()).toEqual(["test"]);
  receiver.answer(status(404));
  expect(await webhooks.test("team")).toEqual({ delivered: false, reason: "answered 404" });
  await expect(webhooks.test("nobody")).rejects.toThrow("there is no webhook nobody; configured: team");
});
