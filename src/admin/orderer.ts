// The way of every order about upgrades: once for each Idempotency-Key, and into the audit log. They
// change no durable state, so they do not go through control's commands.

import { IdempotencyTable } from "../control/idempotency.ts";
import { refuseMovedState } from "../control/refuse-moved-state.ts";
import { type ActionRecord, recordAction } from "./action-audit.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminDeps } from "./admin-ports.ts";
import { parseIfMatch } from "./parse-if-match.ts";
import { fingerprint } from "./writer.ts";

/** Never the text of a plan, nor the values of its variables. */
export type OrderRecord = ActionRecord;

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
    const ifMatch = parseIfMatch(c.req.header("if-match"));
    const run = async () => {
      refuseMovedState(this.#deps.control.state.version, ifMatch);
      const outcome = await order.place();
      await recordAction(this.#deps, c, order.record(outcome));
      return outcome;
    };
    const key = c.req.header("idempotency-key");
    if (key === undefined) return run();
    return this.#repeated.run(`${c.get("principal").actor} ${key}`, fingerprint(c), run);
  }
}
