// What a run needs beside the world: how operations are carried out, and how a plan becomes a program.

import type { Engine, RegistryAuth } from "../docker/engine.ts";
import type { ProcessHost } from "../process/process-host.ts";
import type { GatewayDriver } from "./gateway/gateway-driver.ts";
import type { Handlers } from "./operations/handler.ts";
import type { Plan } from "./plan/plan.ts";
import type { Program } from "./program.ts";
import type { RunOrder } from "./upgrades-port.ts";

export interface Machinery {
  handlers: Handlers;
  /** What can be said of the plan alone: above all, which service it is for. @throws {PlanProblem} */
  check(plan: RunOrder["plan"]): Plan;
  /** Looks at what is there, and makes the program; touches nothing. @throws {PlanProblem} */
  prepare(plan: RunOrder["plan"], run: string, world: PlanningWorld): Promise<Prepared>;
}

export interface PlanningWorld {
  engine: () => Promise<Engine | null>;
  gateway: GatewayDriver;
  processesFor: (service: string) => ProcessHost;
  /** Of its admin interface; null: a socket. */
  gatewayAddress: { host: string; port: number } | null;
  /** Milliseconds since 1970. */
  wall: () => number;
  signal: AbortSignal;
}

export interface Prepared {
  plan: Plan;
  program: Program;
  /** For a dry run: what would be done, and what it would change. Registries are asked for digests. */
  describe(registryAuth: (image: string) => Promise<RegistryAuth | null>): Promise<string>;
}
