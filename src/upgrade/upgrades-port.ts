// Runs of upgrades as their callers see them: the verb of the command line and the runner's daemon. The class
// behind it is in upgrades.ts.

import type { Engine } from "../docker/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { ProcessHost } from "../process/process-host.ts";
import type { GatewayDriver } from "./gateway/gateway-driver.ts";
import type { UpgradeReport } from "./report/upgrade-report.ts";
import type { JournalRecord } from "./run/journal-record.ts";

export interface UpgradesPort {
  /** From a plan to its end: kept, rolled back, paused; or refused, and then nothing was touched. */
  run(order: RunOrder, watch?: RunWatch): Promise<RunResult>;
  /** Goes on with a run that a killed runner left, or that was paused: then the failed step is tried again. */
  resume(run: string, watch?: RunWatch): Promise<RunResult>;
  /** Undoes a run that is paused, was left by a killed runner, or was kept (as long as its old containers are there). */
  rollback(run: string, watch?: RunWatch): Promise<RunResult>;

  // For a run that this process carries out. False: it carries out none of that id, or (the first two) nothing is asked.
  approve(run: string): boolean;
  decline(run: string): boolean;
  /** Stops what it does and rolls back. */
  cancel(run: string): boolean;

  /** The newest first. */
  list(): Promise<UpgradeReport[]>;
  /** Undefined: there is no such run. */
  show(run: string): Promise<{ report: UpgradeReport; records: JournalRecord[] } | undefined>;
}

export interface RunOrder {
  plan: {
    text: string;
    /** As the operator named it, for messages; relative paths of the plan mean its directory. */
    file: string;
    /** Over the plan's own. */
    vars: Readonly<Record<string, string>>;
  };
  dryRun: boolean;
  /** Given by whoever has to know it before the run begins (`newRunId()`); else it is made. */
  id?: string;
}

export interface RunWatch {
  /** Stops the run, which then rolls back what it did. */
  signal?: AbortSignal;
  /** Stops the run without a rollback, as a killed runner would: the end of a daemon. It is resumed later. */
  leave?: AbortSignal;
  /** Everything that changes, redacted; it is reported to the gateway as well. */
  onReport?: (report: UpgradeReport) => void;
  /** A line of output of what runs, redacted. */
  onLine?: (line: { step: string; text: string }) => void;
}

export interface RunResult {
  run: string;
  /** `paused` also for what was left by `leave`; `planned`: a dry run. */
  state: "kept" | "rolled_back" | "paused" | "refused" | "planned";
  exitCode: ExitCode;
  /** For people: why it was paused or rolled back, what to do; the whole description of a dry run. Redacted. */
  message: string;
  /** What a rollback has lost; null: nothing. */
  lost: string | null;
}

/** 0 kept · 10 rolled back · 20 rolled back with data loss · 30 paused, needs a person · 40 locked · 50 plan invalid. */
export type ExitCode = 0 | 10 | 20 | 30 | 40 | 50;

export interface UpgradesDeps {
  dataDir: string;
  /** Null: there is none, and a plan that needs one says so. Asked for at the first use. */
  engine: () => Promise<Engine | null>;
  /** `service` null: the only one of the gateway. */
  driverFor: (service: string | null) => GatewayDriver;
  /** Of one service: two of them may call a process by the same name. */
  processesFor: (service: string) => ProcessHost;
  /** Where the gateway is spoken with, so that its container is not taken for an app; null: over a socket. */
  gatewayAddress: { host: string; port: number } | null;
  clock: Clock;
  /** Of the runner: where `${secrets.…}` with `env` are found, and `HOME` for the Docker client's configuration. */
  env: Readonly<Record<string, string | undefined>>;
  /** What is worth a line in the runner's own log; redacted. */
  log: (line: string) => void;
}
