// Webhooks with a clock of their own, and what they said in the log and in events.

import { expect, onTestFinished } from "vitest";
import type { WebhookSettings } from "../../src/config/settings.ts";
import { EventLog } from "../../src/control/event-log.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { Receiver } from "./receiver.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export function settings(url: string, change: Partial<WebhookSettings> = {}): WebhookSettings {
  return {
    name: "team",
    url,
    secret: { env: "TEAM_SECRET" },
    events: ["cutover", "hold_started", "released"],
    services: [],
    format: "event",
    timeoutMs: 10_000,
    retries: 2,
    ...change,
  };
}

export function open(...hooks: WebhookSettings[]) {
  // Signatures are checked against the time of the receiver.
  const clock = new ManualClock(Date.now());
  const logged: string[] = [];
  const keep = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: keep, warn: keep, error: keep };
  const events = new EventLog({ clock });
  const env = { TEAM_SECRET: SECRET, TEAM_URL: "http://127.0.0.1:1/hooks/very-secret-path" };
  const webhooks = new Webhooks({ clock, log, events, env, random: () => 1 });
  onTestFinished(() => webhooks.destroy());
  webhooks.configure(hooks);
  return {
    clock,
    events,
    webhooks,
    logged,
    tell: (type: string, service: string | null = "chat") => events.publish(type, service, { from: "blue" }),
    own: () => events.since(0).events.filter(({ type }) => type.startsWith("webhook_")),
    status: () => webhooks.status()[0],
  };
}

export async function received(receiver: Receiver, count: number): Promise<void> {
  await eventually(() => expect(receiver.received).toHaveLength(count));
}
