// The answers that a service gives by itself, in the words and the form that the client understands.

import type { MaintenanceSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { UpstreamFailure } from "../proxy/exchange-owner.ts";
import { gatewayErrorAnswer } from "./maintenance/gateway-error-answer.ts";
import {
  maintenanceAnswer,
  type MaintenanceRequest,
  type Situation,
} from "./maintenance/maintenance-answer.ts";
import { type CompiledPage, loadPage } from "./maintenance/page.ts";
import type { Mode } from "./snapshot.ts";

export class ServiceAnswers {
  readonly #clock: Clock;
  #settings: MaintenanceSettings;
  #page: CompiledPage;

  constructor(clock: Clock, settings: MaintenanceSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#page = loadPage(settings.page);
  }

  /** Reads the page anew, as it may have been changed. */
  configure(settings: MaintenanceSettings): void {
    this.#settings = settings;
    try {
      this.#page = loadPage(settings.page);
    } catch {
      // It was checked with the configuration. One that has been damaged since then must not stand in the way
      // of a hold that is durable already: visitors see it as it was.
    }
  }

  /** DESIGN §6. */
  unavailable(exchange: Exchange, cause: Situation["cause"], mode: Mode): void {
    const inMaintenance = mode.name === "maintenance" ? mode : null;
    const answer = maintenanceAnswer(requestOf(exchange), {
      cause,
      message: inMaintenance?.message ?? this.#settings.message,
      expectedEnd: inMaintenance?.expectedEnd ?? null,
      retryAfterMs: inMaintenance?.retryAfterMs ?? this.#settings.retryAfterMs,
      now: this.#clock.wall(),
      page: this.#page,
    });
    exchange.answer(answer);
  }

  tooLarge(exchange: Exchange): void {
    exchange.answer(gatewayErrorAnswer(requestOf(exchange), 413, null));
  }

  /** The upstream failed, and waiting would not help. Strangers read it: no address of ours. */
  failed(exchange: Exchange, kind: UpstreamFailure["kind"]): void {
    exchange.answer(gatewayErrorAnswer(requestOf(exchange), kind === "timeout" ? 504 : 502, null));
  }
}

function requestOf(exchange: Exchange): MaintenanceRequest {
  const { head } = exchange;
  return {
    method: head.method,
    webSocket: head.webSocket,
    path: head.target,
    header: (name) => head.header(name),
  };
}
