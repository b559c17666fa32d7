// What a run is made of; its parts are put together in upgrades.ts.

import type { Engine } from "../../docker/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ProcessHost } from "../../process/process-host.ts";
import type { GatewayDriver } from "../gateway/gateway-driver.ts";
import type { Handlers, RunFacts, Vault } from "../operations/handler.ts";
import type { Questions } from "./questions.ts";
import type { Redactor } from "./redactor.ts";
import type { RunLedger } from "./run-ledger.ts";

export interface RunParts {
  ledger: RunLedger;
  handlers: Handlers;
  facts: RunFacts;
  world: RunWorld;
  secrets: RunSecrets;
  /** What people say to it, and hear of it. */
  people: RunPeople;
}

export interface RunWorld {
  /** Null: there is none. */
  engine: Engine | null;
  gateway: GatewayDriver;
  processes: ProcessHost;
  clock: Clock;
}

export interface RunSecrets {
  redactor: Redactor;
  vault: Vault;
  /** @throws {StepFailure} for one whose source is not there. */
  reveal(text: string): string;
}

export interface RunPeople {
  questions: Questions;
  onLine(line: { step: string; text: string }): void;
  /** Aborts: the run stops and rolls back. */
  cancel: AbortSignal;
  /** Aborts: the run stops as if it were killed. */
  leave: AbortSignal;
}
