// The status, once a second while somebody looks: a hidden tab asks for nothing, and goes on at once when it is shown.

import { readStatus } from "./read-status.js";

const PERIOD_MS = 1_000;
const LEAST_PAUSE_MS = 250;
/** The Date of an answer is whole seconds, and clocks that differ by less do no harm. */
const HARMLESS_SKEW_MS = 2_000;

export class StatusFeed {
  #api;
  #onStatus;
  #onLost;
  #timer = null;
  #isStopped = true;
  #turn = 0;

  /** `onStatus(status, now)` with the gateway's time; `onLost(problem)` each time it could not be read. */
  constructor(api, { onStatus, onLost }) {
    this.#api = api;
    this.#onStatus = onStatus;
    this.#onLost = onLost;
  }

  start() {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    void this.#loop();
  }

  stop() {
    this.#isStopped = true;
    this.#turn++;
    clearTimeout(this.#timer);
  }

  /** One more look, now: after a write, and when an event says that something has happened. */
  async look() {
    try {
      const { body, date } = await this.#api.get("admin/status");
      const local = Date.now();
      const skew = Number.isNaN(date) ? 0 : date + 500 - local;
      this.#onStatus(readStatus(body), Math.abs(skew) < HARMLESS_SKEW_MS ? local : local + skew);
    } catch (problem) {
      this.#onLost(problem);
    }
  }

  async #loop() {
    const turn = ++this.#turn;
    while (turn === this.#turn) {
      const begun = performance.now();
      await this.look();
      if (turn !== this.#turn) return;
      const pauseMs = Math.max(LEAST_PAUSE_MS, PERIOD_MS - (performance.now() - begun));
      await new Promise((resolve) => (this.#timer = setTimeout(resolve, pauseMs)));
    }
  }
}
