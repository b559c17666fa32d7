// The answers that a service gives by itself, in the words and the form that the client understands.

import type { MaintenanceSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { UpstreamFailure } from "../proxy/exchange-owner.ts";
import { assetAnswer, type Assets, loadAssets } from "./maintenance/assets.ts";
import { gatewayErrorAnswer } from "./maintenance/gateway-error-answer.ts";
import { maintenanceAnswer, requestOf, type Situation } from "./maintenance/maintenance-answer.ts";
import { type CompiledPage, loadPage } from "./maintenance/page.ts";
import type { Mode } from "./snapshot.ts";

export class ServiceAnswers {
  readonly #clock: Clock;
  #settings: MaintenanceSettings;
  #page: CompiledPage;
  #assets: Assets;

  constructor(clock: Clock, settings: MaintenanceSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#page = loadPage(settings.page);
    this.#assets = loadAssets(settings.assets);
  }

  /** Reads the page anew, as it may have been changed; its assets, which may be many, when the settings have. */
  configure(settings: MaintenanceSettings): void {
    const isChanged = settings !== this.#settings;
    this.#settings = settings;
    if (isChanged) this.reread();
    else this.#readPage();
  }

  reread(): void {
    this.#readPage();
    this.#assets = orElse(() => loadAssets(this.#settings.assets), this.#assets);
  }

  /** False: it is none of this service's. */
  asset(exchange: Exchange): boolean {
    const answer = assetAnswer(exchange.head, this.#assets);
    if (answer) exchange.answer(answer);
    return answer !== undefined;
  }

  /** DESIGN §6. */
  unavailable(exchange: Exchange, cause: Situation["cause"], mode: Mode): void {
    const inMaintenance = mode.name === "maintenance" ? mode : null;
    const answer = maintenanceAnswer(requestOf(exchange.head), {
      cause,
      message: inMaintenance?.message ?? this.#settings.message,
      expectedEnd: inMaintenance?.expectedEnd ?? null,
      retryAfterMs: inMaintenance?.retryAfterMs ?? this.#settings.retryAfterMs,
      now: this.#clock.wall(),
      page: this.#page,
    });
    exchange.answer(answer);
  }

  #readPage(): void {
    this.#page = orElse(() => loadPage(this.#settings.page), this.#page);
  }

  tooLarge(exchange: Exchange): void {
    exchange.answer(gatewayErrorAnswer(requestOf(exchange.head), 413, null));
  }

  /** The upstream failed, and waiting would not help. Strangers read it: no address of ours. */
  failed(exchange: Exchange, kind: UpstreamFailure["kind"]): void {
    exchange.answer(gatewayErrorAnswer(requestOf(exchange.head), kind === "timeout" ? 504 : 502, null));
  }
}

// It was checked with the configuration. What has been damaged since then must not stand in the way of a hold that is
// durable already: visitors see it as it was.
function orElse<T>(load: () => T, before: T): T {
  try {
    return load();
  } catch {
    return before;
  }
}
