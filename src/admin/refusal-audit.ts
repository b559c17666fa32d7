// Writes that were refused before control saw them: no token, a foreign page, a body that is not understood.

import type { Clock } from "../lib/clock.ts";
import type { GatewayError } from "../lib/gateway-error.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminLog, ControlPort } from "./admin-ports.ts";

/** Whoever has no token must not be able to push the real entries out of the file. */
const MOST_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

export class RefusalAudit {
  readonly #control: ControlPort;
  readonly #clock: Clock;
  readonly #log: AdminLog;
  #minuteEndsAt = 0;
  #inThisMinute = 0;

  constructor({ control, clock, log }: { control: ControlPort; clock: Clock; log: AdminLog }) {
    this.#control = control;
    this.#clock = clock;
    this.#log = log;
  }

  /** The caller is refused anyway, so an audit that cannot be written is logged, not thrown. */
  async record(c: AdminContext, refusal: GatewayError): Promise<void> {
    if (!this.#mayRecord()) return;
    // Not set when the refusal came before anybody knew who asks.
    const principal = c.get("principal") as { actor: string } | undefined;
    const entry = {
      at: new Date(this.#clock.wall()).toISOString(),
      actor: principal?.actor ?? "unknown",
      from: c.env.from,
      action: `${c.req.method} ${c.req.path}`.slice(0, 200),
      service: null,
      outcome: "refused" as const,
      code: refusal.code,
      version: this.#control.state.version,
      parameters: {},
    };
    try {
      await this.#control.audit.append(entry);
    } catch (err) {
      this.#log.error({ err, ...entry }, "the audit log cannot be written; this entry is kept here only");
    }
  }

  #mayRecord(): boolean {
    const now = this.#clock.now();
    if (now >= this.#minuteEndsAt) {
      this.#minuteEndsAt = now + MINUTE_MS;
      this.#inThisMinute = 0;
    }
    this.#inThisMinute += 1;
    if (this.#inThisMinute === MOST_PER_MINUTE + 1) {
      this.#log.warn({ mostPerMinute: MOST_PER_MINUTE }, "many refused admin writes; not each is audited");
    }
    return this.#inThisMinute <= MOST_PER_MINUTE;
  }
}
