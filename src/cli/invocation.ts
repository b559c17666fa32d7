// One run of the command line: what every verb needs, and the exit code it leaves with.

import type { Clock } from "../lib/clock.ts";
import { AdminClient } from "../client/admin-client.ts";
import { findGateway } from "../client/find-gateway.ts";
import type { Environment, GatewayOptions } from "../client/gateway-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options that every verb takes. */
export interface GlobalOptions extends GatewayOptions {
  json?: true;
}

export interface InvocationParts {
  terminal: Terminal;
  env: Environment;
  clock: Clock;
}

export class Invocation {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly clock: Clock;
  /** Filled in by the parser before a verb runs. */
  options: GlobalOptions = {};
  /** 0 only when the thing was done. */
  exitCode = 0;

  constructor(parts: InvocationParts) {
    this.terminal = parts.terminal;
    this.env = parts.env;
    this.clock = parts.clock;
  }

  get json(): boolean {
    return this.options.json === true;
  }

  async connect(): Promise<AdminClient> {
    return new AdminClient(await findGateway(this.options, this.env), this.clock);
  }

  /** The outcome of a verb: the API's answer as it is for --json, else a sentence. */
  report(answer: unknown, sentence: string): void {
    if (this.json) this.terminal.printJson(answer);
    else this.terminal.print(sentence);
  }

  /** For what was answered and is nevertheless not what was asked for. */
  fail(message: string): void {
    this.exitCode = 1;
    this.terminal.complain(`holdgate: ${message}`);
  }
}
