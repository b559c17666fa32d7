// What the log is told of what the gateway does by itself.

import type { GatewayEvent } from "../gateway/gateway-port.ts";
import type { Clock } from "../lib/clock.ts";
import type { ControlLog } from "./control-log.ts";
import { type TunnelEvent, TunnelSums } from "./tunnel-sums.ts";

/** Null: waves come every 50 ms, and the drain's end sums them up. Of tunnels there is a line of sums each second. */
const LOG_LEVELS: Record<Exclude<GatewayEvent["type"], TunnelEvent["type"]>, "info" | "warn" | null> = {
  lease_ended: "warn",
  automatic_hold_started: "warn",
  automatic_hold_over_lease: "warn",
  automatic_hold_ended: "info",
  hold_settled: "info",
  release_started: "info",
  release_finished: "info",
  shed: "warn",
  health_changed: "info",
  drain_started: "info",
  drain_finished: "info",
  wave: null,
};

export class GatewayLog {
  readonly #log: ControlLog;
  readonly #tunnels: TunnelSums;

  constructor({ clock, log }: { clock: Clock; log: ControlLog }) {
    this.#log = log;
    this.#tunnels = new TunnelSums({ clock, log });
  }

  write(event: GatewayEvent): void {
    if (event.type === "tunnel_moved" || event.type === "tunnel_given_up") return this.#tunnels.add(event);
    const { type, ...fields } = event;
    const level = LOG_LEVELS[type];
    if (level !== null) this.#log[level](fields, type);
  }

  /** Writes what has not been written yet. */
  close(): void {
    this.#tunnels.close();
  }
}
