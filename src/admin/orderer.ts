// The way of every order about upgrades: once for each Idempotency-Key, and into the audit log. They
// change no durable state, so they do not go through control's commands.

import type { AuditEntry } from "../control/audit-log.ts";
import { IdempotencyTable } from "../control/idempotency.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminDeps } from "./admin-ports.ts";
import { fingerprint } from "./writer.ts";

/** What the audit keeps: never the text of a plan, nor the values of its variables. */
export interface OrderRecord {
  action: string;
  service: string | null;
  parameters: Record<string, unknown>;
}

export interface Order<Outcome> {
  place: () => Outcome | Promise<Outcome>;
  record: (outcome: Outcome) => OrderRecord;
}

export class Orderer<Outcome> {
  readonly #deps: AdminDeps;
  readonly #repeated: IdempotencyTable<Outcome>;

  constructor(deps: AdminDeps) {
    this.#deps = deps;
    this.#repeated = new IdempotencyTable({ clock: deps.clock });
  }

  /** Refusals are thrown; the middleware records them. */
  async place(c: AdminContext, order: Order<Outcome>): Promise<Outcome> {
    const run = async () => {
      const outcome = await order.place();
      await this.#record(c, order.record(outcome));
      return outcome;
    };
    const key = c.req.header("idempotency-key");
    if (key === undefined) return run();
    return this.#repeated.run(`${c.get("principal").actor} ${key}`, fingerprint(c), run);
  }

  /** It is done already, so a full disk must not turn it into a failure. */
  async #record(c: AdminContext, { action, service, parameters }: OrderRecord): Promise<void> {
    const { control, clock, log } = this.#deps;
    const entry: AuditEntry = {
      at: new Date(clock.wall()).toISOString(),
      actor: c.get("principal").actor,
      from: c.env.from,
      action,
      service,
      outcome: "done",
      version: control.state.version,
      parameters,
    };
    try {
      await control.audit.append(entry);
    } catch (err) {
      log.error({ err, ...entry }, "the audit log cannot be written; this entry is kept here only");
    }
  }
}
