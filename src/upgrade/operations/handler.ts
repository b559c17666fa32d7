// How an operation of one kind is carried out and undone. One file for each kind (or for a few that belong
// together), found in handlers.ts.

import type { Engine, RegistryAuth } from "../../docker/engine.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ProcessHost } from "../../process/process-host.ts";
import type { GatewayDriver, ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { ContainerRef, FileRef, Operation, OperationKind, OperationOf } from "./operation.ts";

export interface Handler<Kind extends OperationKind> {
  /**
   * Carries it out. Called again with the same operation when the outcome of an earlier call is not known (the
   * runner was killed, the engine did not answer): it looks first, and does only what is still to do.
   * What it resolves with is journalled: no secret, and all that `inverse` needs.
   */
  perform(operation: OperationOf<Kind>, context: PerformContext): Promise<JsonObject>;
  /**
   * What undoes it, first things first. Pure. `outcome` undefined: it was begun, and how it went is not known;
   * what comes out must then be harmless if nothing had happened. `notes`: what `perform` had noted, which is all
   * that is known of how it was before when there is no outcome.
   */
  inverse(operation: OperationOf<Kind>, outcome: JsonObject | undefined, notes?: JsonObject): Effects;
}

/** Effects of an inverse; the caller gives them ids. */
export type Effects = InverseEffect[];
export type InverseEffect = { cause: string } & DistributiveOmit<Operation, "id" | "step" | "cause">;
type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export type Handlers = { [Kind in OperationKind]: Handler<Kind> };

/** What an operation acts on, and what it may know of the run. */
export interface PerformContext {
  run: RunFacts;
  /** Throws a StepFailure when the plan needs none and none is there. */
  engine: Engine;
  gateway: GatewayDriver;
  processes: ProcessHost;
  clock: Clock;
  /** Aborts at the step's timeout and when the run is cancelled. */
  signal: AbortSignal;

  /** True when an earlier call's outcome is not known. */
  again: boolean;
  /** What earlier calls of this operation have noted. */
  notes: JsonObject;
  /** Makes something durable before the effect that needs it: the id of an exec, a deadline. */
  note(notes: JsonObject): Promise<void>;

  /** The id of a container that was there, or was made by an operation that is done. */
  containerId(ref: ContainerRef): string;
  /** Absolute path. */
  fileOf(ref: FileRef): string;
  /** What an operation that is done has resolved with. */
  outcomeOf(operation: string): JsonObject | undefined;
  /** Puts the values of secrets in the place of `${secrets.…}`: for the wire only, never for a message. */
  reveal(text: string): string;
  /** Specs of services, kept apart from the journal because their environments hold secrets. */
  vault: Vault;

  /** The operator's answer to a question that everybody is shown; at once when it was given before a restart. */
  ask(prompt: string, signal: AbortSignal): Promise<"approved" | "declined">;

  /** Takes the values of secrets out of a text that is kept or cut. */
  redact(text: string): string;
  /** For the terminal, the console and the page; redacted by who passes it on. */
  progress(progress: { percent?: number; text?: string }): void;
  /** A line of output of what runs. Redacted likewise. */
  log(line: string): void;
}

export interface RunFacts {
  id: string;
  plan: string;
  service: string;
  /** Of this run: outputs, saved logs, backups with a relative path. Absolute. */
  directory: string;
  /** Directory of the plan's file, which relative paths of files and commands mean. */
  planDirectory: string;
  startedAtMs: number;
  /** Of the service when the run began: what `relative` metrics are compared with. Null: not noted. */
  metricsBefore?: ServiceMetrics | null;
  /** Labels that every object made by the run carries; with the step's beside them. */
  labels(step: string, role: string): Record<string, string>;
  registryAuth(image: string): Promise<RegistryAuth | null>;
}

export interface Vault {
  put(key: string, value: JsonObject): Promise<void>;
  get(key: string): Promise<JsonObject | undefined>;
}

/** Labels on everything that a run makes. */
export const RUN_LABEL = "holdgate.run";
export const STEP_LABEL = "holdgate.step";
/** `new`, `old`, `one-off`, `job`. */
export const ROLE_LABEL = "holdgate.role";
/** The id of the operation that made it: how it is found again when the answer was lost. */
export const OPERATION_LABEL = "holdgate.operation";
