// All webhooks: who is told of an event. What they have to say of themselves they say in the log, in events and in the
// status; never by a post, or one that fails would make the next.

import { randomBytes } from "node:crypto";
import type { Environment } from "../config/environment.ts";
import type { WebhookSettings } from "../config/settings.ts";
import { readWebhookSecrets } from "../config/webhook-secrets.ts";
import type { ControlLog } from "../control/control-log.ts";
import type { EventLog, LoggedEvent } from "../control/event-log.ts";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { Told } from "./body-of.ts";
import { Webhook, type Post, type Target, type WebhookStatus, type WebhookTrouble } from "./webhook.ts";

export interface WebhooksOptions {
  clock: Clock;
  log: ControlLog;
  events: EventLog;
  env: Environment;
  random?: () => number;
}

export interface WebhookTest {
  delivered: boolean;
  /** Why it was not. */
  reason: string | null;
}

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #hooks = new Map<string, Webhook>();
  /** Gone from the config with posts that still wait. */
  readonly #leaving = new Map<string, Webhook>();
  readonly #unsubscribe: () => void;
  /** Numbers of events are unique in one gateway only. */
  readonly #prefix = `msg_${randomBytes(6).toString("hex")}`;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#unsubscribe = options.events.subscribe((event) => this.#onEvent(event));
  }

  /** Tells the first webhooks what has happened before they were there, too: a start settles what came due meanwhile. */
  start(settings: readonly WebhookSettings[]): void {
    this.configure(settings);
    for (const event of this.#options.events.since(0).events) this.#onEvent(event);
  }

  /** Takes checked settings. What waits is kept, also of webhooks that are gone now. */
  configure(settings: readonly WebhookSettings[]): void {
    for (const [name, hook] of this.#leaving) if (hook.isIdle) this.#leaving.delete(name);
    for (const own of settings) this.#put(own);
    const names = new Set(settings.map(({ name }) => name));
    for (const [name, hook] of this.#hooks) {
      if (names.has(name)) continue;
      this.#hooks.delete(name);
      if (!hook.isIdle) this.#leaving.set(name, hook);
    }
  }

  status(): WebhookStatus[] {
    return [...this.#hooks.values()].map((hook) => hook.status());
  }

  /** Posts a `test` at once, and tells whether it was taken. Throws `not_found`. */
  async test(name: string): Promise<WebhookTest> {
    const hook = this.#hooks.get(name);
    if (!hook) {
      const known = [...this.#hooks.keys()].join(", ") || "none";
      throw new GatewayError("not_found", `there is no webhook ${name}; configured: ${known}`);
    }
    const at = new Date(this.#options.clock.wall()).toISOString();
    const event = { at, type: "test", service: null, data: { hook: name } };
    const post = this.#post(`test-${randomBytes(4).toString("hex")}`, event);
    const delivery = await hook.try(post);
    if (delivery.outcome === "delivered") return { delivered: true, reason: null };
    return { delivered: false, reason: delivery.outcome === "gone" ? "answered 410" : delivery.reason };
  }

  /** Tries to hand over what waits, for so long at most. */
  async close(graceMs: number): Promise<void> {
    this.#unsubscribe();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(graceMs, resolve);
    await Promise.race([Promise.all(this.#all().map((hook) => hook.close())), late]);
    timer.cancel();
    this.destroy();
  }

  destroy(): void {
    this.#unsubscribe();
    const lost = this.#all().reduce((sum, hook) => sum + hook.status().queued, 0);
    if (lost > 0)
      this.#options.log.warn({ posts: lost }, "webhooks: posts that could not be handed over are lost");
    for (const hook of this.#all()) hook.destroy();
  }

  #all(): Webhook[] {
    return [...this.#hooks.values(), ...this.#leaving.values()];
  }

  #put(settings: WebhookSettings): void {
    const { name } = settings;
    const { clock, env, log, random = Math.random } = this.#options;
    const secrets = readWebhookSecrets(settings, env);
    if ("refusal" in secrets) {
      log.error({ webhook: name, reason: secrets.refusal }, "the webhook stays as it was");
      return;
    }
    const target: Target = { ...settings, ...secrets.meaning };
    const onTrouble = (trouble: WebhookTrouble) => this.#onTrouble(name, trouble);
    // One that comes back while its posts still wait goes on with them, or two would post at a time.
    const known = this.#hooks.get(name) ?? this.#leaving.get(name);
    this.#leaving.delete(name);
    this.#hooks.set(name, known ?? new Webhook(target, { clock, random, onTrouble }));
    known?.configure(target);
  }

  #onEvent(event: LoggedEvent): void {
    for (const hook of this.#hooks.values()) {
      const { events, services } = hook.target;
      if (!events.includes(event.type)) continue;
      if (services.length > 0 && event.service !== null && !services.includes(event.service)) continue;
      hook.add(this.#post(String(event.id), event));
    }
  }

  #post(id: string, event: Told): Post {
    return { id: `${this.#prefix}_${id}`, event };
  }

  #onTrouble(webhook: string, { type, ...trouble }: WebhookTrouble): void {
    this.#options.log.warn({ webhook, ...trouble }, type);
    // Not while another event is being told.
    queueMicrotask(() => this.#options.events.publish(type, null, { webhook, ...trouble }));
  }
}
