// What visitors are told of an interruption to come. Kept in memory: whoever announced it is there to say it again.

import type { Announcement, GatewayPort } from "../gateway/gateway-port.ts";
import type { EventLog } from "./event-log.ts";

export class Announcements {
  readonly #gateway: Pick<GatewayPort, "setAnnouncement">;
  readonly #events: EventLog;
  readonly #announced = new Map<string, Announcement>();

  constructor({ gateway, events }: { gateway: Pick<GatewayPort, "setAnnouncement">; events: EventLog }) {
    this.#gateway = gateway;
    this.#events = events;
  }

  of(service: string): Announcement | null {
    return this.#announced.get(service) ?? null;
  }

  /** False: it was said already. */
  announce(service: string, announcement: Announcement): boolean {
    const before = this.of(service);
    if (before?.message === announcement.message && before.at === announcement.at) return false;
    this.#announced.set(service, announcement);
    this.#gateway.setAnnouncement(service, announcement);
    this.#events.publish("announced", service, { ...announcement });
    return true;
  }

  /** False: there was none. */
  withdraw(service: string): boolean {
    if (!this.#announced.delete(service)) return false;
    this.#gateway.setAnnouncement(service, null);
    this.#events.publish("announcement_withdrawn", service);
    return true;
  }
}
