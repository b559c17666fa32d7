// The way of every write: the headers that make it safe to send, the command, the answer.

import type { CommandInput } from "../control/commands.ts";
import { IdempotencyTable } from "../control/idempotency.ts";
import type { ServicePort } from "../gateway/gateway-port.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminDeps, Dispatched } from "./admin-ports.ts";
import type { WriteAnswer } from "./api-types.ts";
import { parseIfMatch } from "./parse-if-match.ts";

export interface Write {
  command: Exclude<CommandInput, { type: "reconfigure" }>;
  outcome: Dispatched;
}

export class Writer {
  readonly #deps: AdminDeps;
  readonly #repeated: IdempotencyTable<Dispatched>;

  constructor(deps: AdminDeps) {
    this.#deps = deps;
    this.#repeated = new IdempotencyTable({ clock: deps.clock });
  }

  /**
   * Dispatches the command. A repeated Idempotency-Key gives the outcome of the first request; only the
   * command is remembered, so whoever lost the connection while waiting goes on waiting by asking again.
   */
  async dispatch(c: AdminContext, command: Write["command"]): Promise<Write> {
    const { actor } = c.get("principal");
    const ifMatch = parseIfMatch(c.req.header("if-match"));
    const context =
      ifMatch === undefined ? { actor, from: c.env.from } : { actor, from: c.env.from, ifMatch };
    const run = () => {
      c.set("dispatched", true);
      return this.#deps.control.dispatch(command, context);
    };
    const key = c.req.header("idempotency-key");
    const outcome =
      key === undefined ? await run() : await this.#repeated.run(`${actor} ${key}`, fingerprint(c), run);
    return { command, outcome };
  }

  service(name: string): ServicePort {
    const service = this.#deps.gateway.service(name);
    if (service) return service;
    throw new GatewayError(
      "unknown_service",
      `the gateway has no service ${name}; a reload may have removed it`,
    );
  }

  /** What every write answers, with its ETag. */
  answer(c: AdminContext, { command, outcome }: Write): WriteAnswer {
    const { version } = outcome.state;
    c.header("ETag", `"${version}"`);
    return { version, changed: outcome.changed, service: this.service(command.service).status() };
  }
}

/** What was asked, for comparing requests that carry the same Idempotency-Key. */
export function fingerprint(c: AdminContext): string {
  const { pathname, search } = new URL(c.req.url);
  return JSON.stringify([c.req.method, pathname + search, c.req.header("if-match"), c.get("bodyText")]);
}
