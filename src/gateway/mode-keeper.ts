// Puts a mode into effect, and does what a hold does by itself: it quietens the active upstream, and ends
// with its lease.
//
//   open ◀──────────▶ hold ──lease over, onLeaseEnd: maintenance──▶ maintenance
//     ▲                │ onLeaseEnd: open                               ▲
//     └────────────────┘              any command, from any mode ───────┘

import type { Timer } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { Holding } from "./holding.ts";
import { disturbing, quieten } from "./quieten.ts";
import type { ServiceContext } from "./service-context.ts";
import type { Mode } from "./snapshot.ts";

const LOOK_MS = 100;

export interface ModeKeeperOptions {
  context: ServiceContext;
  holding: Holding;
  /** The requests that a hold waits for. */
  inFlight: () => Iterable<Exchange>;
  /** How many tunnels are still to be parked for the hold. */
  parking: () => number;
  /** Another mode is in force, or the same once more. */
  onEntered: () => void;
}

export class ModeKeeper {
  readonly #context: ServiceContext;
  readonly #holding: Holding;
  readonly #inFlight: ModeKeeperOptions["inFlight"];
  readonly #parking: () => number;
  readonly #onEntered: () => void;
  #lease: Timer | null = null;
  #look: Timer | null = null;

  constructor({ context, holding, inFlight, parking, onEntered }: ModeKeeperOptions) {
    this.#context = context;
    this.#holding = holding;
    this.#inFlight = inFlight;
    this.#parking = parking;
    this.#onEntered = onEntered;
  }

  enter(mode: Mode): void {
    const { mode: before, clock } = this.#context;
    const isSameHold = mode.name === "hold" && before.name === "hold" && mode.since === before.since;
    this.#lease?.cancel();
    this.#context.mode = mode;
    switch (mode.name) {
      case "open":
        this.#holding.open();
        break;
      case "hold":
        this.#holding.close();
        this.#lease = clock.after(mode.leaseEndsAt - clock.wall(), () => this.#onLeaseEnd());
        break;
      case "maintenance":
        this.#holding.close();
        this.#holding.refuseAll("maintenance");
    }
    this.#onEntered();
    if (mode.name === "hold" && !isSameHold) this.#quieten();
  }

  stop(): void {
    this.#lease?.cancel();
    this.#look?.cancel();
  }

  // Acts by itself: a hold must end also when control cannot record it.
  #onLeaseEnd(): void {
    const { mode, clock, settings, emit, name } = this.#context;
    if (mode.name !== "hold") return;
    const { onLeaseEnd } = mode;
    const { retryAfterMs, message } = settings.maintenance;
    const maintenance = {
      name: "maintenance",
      since: clock.wall(),
      message,
      expectedEnd: null,
      retryAfterMs,
    } as const;
    this.enter(onLeaseEnd === "open" ? { name: "open" } : maintenance);
    emit({ type: "lease_ended", service: name, onLeaseEnd });
  }

  /** During a hold, again and again until nothing is in flight any more, and all is parked that can be. */
  #quieten(): void {
    const { mode, clock, emit, name, waiters } = this.#context;
    this.#look?.cancel();
    this.#look = null;
    if (mode.name !== "hold") return;
    quieten(disturbing(this.#inFlight()), clock.now(), (exchange) => this.#holding.readmit(exchange));
    const isQuiet = disturbing(this.#inFlight()).next().done === true && this.#parking() === 0;
    if (!isQuiet) this.#look = clock.after(LOOK_MS, () => this.#quieten());
    else emit({ type: "hold_settled", service: name });
    waiters.check();
  }
}
