// A cutover moves hundreds of tunnels a second, for minutes. The log gets one line a second for each service, with
// what was moved and given up since the last one; each single one is an event.
//
//   quiet ──a tunnel──▶ summing ──a second──▶ written: quiet

import type { GatewayEvent, GiveUpReason } from "../gateway/gateway-port.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { ControlLog } from "./control-log.ts";

export type TunnelEvent = Extract<GatewayEvent, { type: "tunnel_moved" | "tunnel_given_up" }>;

interface Sum {
  moved: number;
  longestGapMs: number;
  givenUp: Partial<Record<GiveUpReason, number>>;
  /** The last detail of each reason: one is enough to see what is wrong. */
  details: Partial<Record<GiveUpReason, string>>;
}

const INTERVAL_MS = 1000;

export class TunnelSums {
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #sums = new Map<string, Sum>();
  #timer: Timer | undefined;

  constructor({ clock, log }: { clock: Clock; log: ControlLog }) {
    this.#clock = clock;
    this.#log = log;
  }

  add(event: TunnelEvent): void {
    const sum = this.#sumOf(event.service);
    if (event.type === "tunnel_moved") {
      sum.moved++;
      sum.longestGapMs = Math.max(sum.longestGapMs, Math.round(event.gapMs));
    } else {
      sum.givenUp[event.reason] = (sum.givenUp[event.reason] ?? 0) + 1;
      sum.details[event.reason] = event.detail;
    }
    this.#timer ??= this.#clock.after(INTERVAL_MS, () => this.close());
  }

  /** Writes what was summed up. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [service, sum] of this.#sums) this.#write(service, sum);
    this.#sums.clear();
  }

  #write(service: string, { moved, longestGapMs, givenUp, details }: Sum): void {
    const moves = moved > 0 ? { moved, longestGapMs } : { moved };
    if (Object.keys(givenUp).length === 0) this.#log.info({ service, ...moves }, "tunnels_moved");
    else this.#log.warn({ service, ...moves, givenUp, details }, "tunnels_given_up");
  }

  #sumOf(service: string): Sum {
    const known = this.#sums.get(service);
    if (known) return known;
    const sum: Sum = { moved: 0, longestGapMs: 0, givenUp: {}, details: {} };
    this.#sums.set(service, sum);
    return sum;
  }
}
