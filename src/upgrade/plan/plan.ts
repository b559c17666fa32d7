// A plan as it is after reading: every default filled in, every variable put in its place. Only `${secrets.…}`
// still stands as it was written, because a plan is journalled and shown.

import type { Check } from "./check.ts";
import type { Target } from "./target.ts";

export interface Plan {
  name: string;
  /** The service of the gateway; null: the only one. */
  service: string | null;
  targets: Record<string, Target>;
  /** Where the values of `${secrets.<name>}` come from. */
  secrets: Record<string, SecretSource>;
  /** Credentials by registry (`ghcr.io`), before those of the Docker client's own configuration. */
  registries: Record<string, { username: string; password: string }>;
  /** How to tell which schema the data has; null: whoever has started the new version counts as having migrated. */
  schema: SchemaProbe | null;
  steps: Step[];
}

export type SecretSource = { env: string } | { file: string };

/** A reading whose text is the version of the schema: another text, another schema. */
export type SchemaProbe =
  | { kind: "exec"; target: string; command: string[] }
  | { kind: "http"; url: string; json: string };

/** What every step has beside its verb. */
export interface StepCommon {
  /** Given, or made from the verb and the target: `replace-app`. Unique in the plan. */
  id: string;
  when: Condition | null;
  /** Of the step as a whole, milliseconds; null: none beside those of its verb. */
  timeoutMs: number | null;
  retry: { attempts: number; backoffMs: number };
  onFailure: "rollback" | "pause" | "continue";
  /** The declared way back, also past the point of no return; null: the inverse of what was done. */
  undo: Step[] | null;
  pointOfNoReturn: PointOfNoReturn | null;
}

/** From here on the old version must not run any more; with `migrated` only if the schema has changed. */
export type PointOfNoReturn = { when: "always" | "migrated" };

/** `migrated` and `pending` are read when the step's turn comes; the rest is known when the run begins. */
export type Condition =
  | { kind: "fact"; fact: "migrated" | "pending" }
  | { kind: "known"; holds: boolean; text: string }
  | { kind: "not"; of: Condition };

export type Step = StepCommon & StepVerb;
export type VerbName = StepVerb["verb"];
export type StepOf<Verb extends VerbName> = StepCommon & Extract<StepVerb, { verb: Verb }>;

export type StepVerb =
  // look
  | { verb: "preflight"; preflight: Preflight }
  | {
      verb: "healthy";
      checks: Check[];
      target: string | null;
      forMs: number;
      timeoutMs: number;
      intervalMs: number;
    }
  | { verb: "check"; checks: Check[]; target: string | null }
  | { verb: "observe"; observe: Observe }
  | { verb: "confirm"; prompt: string; waitMs: number | null; otherwise: "continue" | "rollback" | "pause" }
  | { verb: "wait"; forMs: number }
  // gateway
  | { verb: "announce"; message: string; /** Of the interruption, from now. */ inMs: number | null }
  | {
      verb: "maintenance";
      on: boolean;
      message: string | null;
      expectedMs: number | null;
      retryAfterMs: number | null;
    }
  | {
      verb: "hold";
      leaseMs: number | null;
      maxWaitMs: number | null;
      onLeaseEnd: "maintenance" | "open" | null;
      wait: boolean;
    }
  | { verb: "release"; wait: boolean }
  | { verb: "candidate"; upstream: string; address: UpstreamAddress | null; waitHealthyMs: number | null }
  /** Null: no canary any more. */
  | { verb: "canary"; percent: number | null }
  | {
      verb: "cutover";
      to: string | null;
      force: boolean;
      drainTimeoutMs: number | null;
      wait: boolean;
      /** What a rollback loses once users could write. */ loses: string | null;
    }
  // images
  | { verb: "pull"; image: string; digest: string | null; platform: string | null }
  | { verb: "load"; file: string; image: string }
  // containers, services, processes
  | { verb: "stop"; targets: string[]; graceMs: number | null; signal: string | null }
  | { verb: "start"; targets: string[] }
  | { verb: "pause"; targets: string[] }
  | { verb: "unpause"; targets: string[] }
  | { verb: "replace"; replace: Replace }
  | { verb: "retire"; target: string; keep: number }
  // one-off work
  | { verb: "run"; run: OneOff }
  | { verb: "exec"; exec: ExecWork }
  | {
      verb: "migrate";
      run: OneOff;
      pending: string[] | null;
      down: string[] | null;
      kind: "breaking" | "expand";
    }
  // data
  | {
      verb: "backup";
      source: DataSource;
      to: string;
      gzip: boolean;
      minBytes: number;
      verify: BackupVerify | null;
    }
  | { verb: "restore"; /** Id of the backup's step. */ from: string; into: DataSink }
  | {
      verb: "sync";
      from: string;
      to: string;
      image: string;
      mode: "mirror" | "delta";
      command: string[] | null;
    }
  // Swarm
  | { verb: "update"; update: ServiceUpdate }
  | { verb: "scale"; target: string; replicas: number }
  // outside
  | {
      verb: "http";
      url: string;
      method: string;
      headers: Record<string, string>;
      body: string | null;
      status: StatusRange;
      idempotent: boolean;
    }
  | {
      verb: "command";
      command: string[];
      cwd: string | null;
      env: Record<string, string>;
      successCodes: number[];
    }
  // shape
  | { verb: "parallel"; steps: Step[] };

export interface Preflight {
  /** At least this version of the engine: `20.10`. */
  engine: string | null;
  diskFree: { path: string | null; bytes: number } | null;
  /** Targets whose writable layer must be as in the image, but for what `carryFiles` of a later replace names. */
  noDrift: string[];
  /** Images that must be here or in their registry, and for this platform. */
  images: string[];
  commandExists: { target: string; command: string }[];
  /** Targets that must run, and be healthy where they have a health check. */
  healthy: string[];
  /** Swarm: manager, nodes ready, all services of the plan converged. */
  swarm: boolean;
  checks: Check[];
}

export interface Observe {
  forMs: number;
  intervalMs: number;
  /** Share of the service's answers that are 5xx or failed, 0 to 1. */
  maxErrorRate: number | null;
  /** More than so many answers are needed before a rate says anything. */
  minRequests: number;
  maxRestarts: number | null;
  /** Null: all that the plan replaces, starts or updates. */
  targets: string[] | null;
  checks: Check[];
}

/** Where an upstream listens: an address as in the configuration, or a container's. */
export type UpstreamAddress =
  | { kind: "url"; url: string }
  /** `network` null: the only one. By name only where the gateway is in that network too. */
  | { kind: "container"; target: string; port: number; network: string | null; by: "address" | "name" };

export interface Replace {
  target: string;
  /** Null: the image that the target has now (a new container of it), or a process as the plan describes it. */
  image: string | null;
  mode: "in-place" | "beside";
  /** Beside only; null: `<name>-<run>`. */
  name: string | null;
  env: Record<string, string>;
  labels: Record<string, string>;
  command: string[] | null;
  /** From the writable layer of the old container into that of the new. */
  carryFiles: string[];
  graceMs: number | null;
  /** Takes over values of the old container that its image also had, instead of the new image's. */
  assumeAllExplicit: boolean;
}

export interface OneOff {
  /** A container or service whose configuration it takes, without ports, names, addresses, health check. */
  like: string;
  image: string | null;
  command: string[] | null;
  entrypoint: string[] | null;
  env: Record<string, string>;
  /** More mounts, as `docker run -v` takes them. */
  volumes: string[];
  user: string | null;
  workdir: string | null;
  waitMs: number | null;
  successCodes: number[];
  /** Its standard output, kept. */
  output: string | null;
}

export interface ExecWork {
  target: string;
  command: string[];
  user: string | null;
  workdir: string | null;
  env: Record<string, string>;
  successCodes: number[];
  output: string | null;
}

/** What a backup reads; its bytes go into one file. */
export type DataSource =
  | ({ kind: "exec" } & ExecWork)
  /** Standard output of a one-off. */
  | ({ kind: "run" } & OneOff)
  /** A tar of a path in a container, its volumes included, also when it is stopped. */
  | { kind: "path"; target: string; path: string }
  /** A tar of files on the machine of the runner, with mode and owner. */
  | { kind: "files"; paths: string[] };

/** Where a restore puts them. */
export type DataSink =
  | ({ kind: "exec" } & ExecWork)
  | ({ kind: "run" } & OneOff)
  | { kind: "path"; target: string; path: string };

/** A command that gets the backup on its standard input and exits 0 when it is whole. */
export interface BackupVerify {
  command: string[];
  /** Null: the target of the source; a command of the runner's machine when that has none. */
  target: string | null;
}

export interface ServiceUpdate {
  targets: string[];
  image: string;
  env: Record<string, string>;
  parallelism: number | null;
  delayMs: number | null;
  order: "start-first" | "stop-first" | null;
  failureAction: "rollback" | "pause" | "continue" | null;
  monitorMs: number | null;
  maxFailureRatio: number | null;
  convergeMs: number;
}

/** Inclusive; `200-399`. */
export type StatusRange = { from: number; to: number }[];
