// One effect on the world, as data: one call of an API (or one wait for what it set off), and why. The list of
// operations of a run is made before it begins and stands in its journal, so there is no secret in it, and all
// that its undoing needs.

import type { RestartPolicy } from "../../docker/engine.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Check } from "../plan/check.ts";
import type {
  BackupVerify,
  Observe,
  Preflight,
  SchemaProbe,
  StatusRange,
  UpstreamAddress,
} from "../plan/plan.ts";
import type { ProcessTarget } from "../plan/target.ts";

export type Operation = OperationCommon & Effect;
export type OperationKind = Effect["kind"];
export type OperationOf<Kind extends OperationKind> = OperationCommon & Extract<Effect, { kind: Kind }>;

export interface OperationCommon {
  /** Unique in the run: `replace-app.stop-old`. */
  id: string;
  step: string;
  /** Why, as a person reads it: `the address 172.30.1.2 must be free for the new container`. */
  cause: string;
}

/** A container that was there when the run began, or one that an operation of this run makes. */
export type ContainerRef = { id: string; name: string } | { madeBy: string; name: string };
/** What a name of the plan stands for at this point of the run: after a replacement, the new container. */
export type TargetRef =
  | {
      kind: "containers";
      containers: ContainerRef[];
      port: number | null;
      network: string | null;
      host: string | null;
    }
  | { kind: "swarm"; service: string; name: string; host: string | null }
  | { kind: "process"; name: string; url: string | null; host: string | null };
export type TargetRefs = Record<string, TargetRef>;

/** The backup that an operation wrote. */
export type FileRef = { writtenBy: string };

export type Effect =
  | ContainerEffect
  | OneOffEffect
  | ImageEffect
  | SwarmEffect
  | ProcessEffect
  | GatewayEffect
  | DataEffect
  | LookEffect
  | OutsideEffect;

export type ContainerEffect =
  /** A container with the configuration of `like` (inspected again when it is made: environments stay out of the journal). */
  | {
      kind: "create-container";
      like: ContainerRef;
      name: string;
      image: string;
      platform: string | null;
      role: "new" | "one-off";
      change: ContainerChange;
    }
  | { kind: "connect-network"; container: ContainerRef; network: string; endpoint: JsonObject }
  | { kind: "carry-files"; from: ContainerRef; to: ContainerRef; paths: string[] }
  | { kind: "set-restart-policy"; container: ContainerRef; policy: RestartPolicy; before: RestartPolicy }
  | {
      kind: "stop-container";
      container: ContainerRef;
      graceMs: number | null;
      signal: string | null;
      /** Then its undoing starts it again. */
      wasRunning: boolean;
      /** Where its target answers, beside the ports that it exposes. */
      port?: number | null;
    }
  /**
   * `wasRunning`: it is known to run already, and its undoing leaves it so. `answered`: it ran before the run, and
   * accepted connections at these ports.
   */
  | {
      kind: "start-container";
      container: ContainerRef;
      wasRunning?: boolean;
      answered?: number[];
      /** On the way back: one that this run has made, and that somebody has removed by hand, is no loss. */
      mayBeGone?: true;
    }
  /** That one which was started again runs, and accepts connections where it did before. */
  | { kind: "await-running"; container: ContainerRef; ports: number[]; waitMs: number }
  /** `mayBeGone`: as above. */
  | { kind: "rename-container"; container: ContainerRef; from: string; to: string; mayBeGone?: true }
  | { kind: "pause-container"; container: ContainerRef }
  | { kind: "unpause-container"; container: ContainerRef }
  /** `saveLogs`: into the run's directory first. */
  | { kind: "remove-container"; container: ContainerRef; saveLogs: boolean }
  /** Those kept by earlier runs too, but for the newest `keep`; with the tags that kept their images, which are the target's. */
  | { kind: "retire-containers"; name: string; target: string; keep: number };

/** Over the configuration that a container takes from another. */
export interface ContainerChange {
  mode: "in-place" | "beside" | "one-off";
  /** The network it begins with, without whose addresses; others are connected before the start. */
  env: Record<string, string>;
  labels: Record<string, string>;
  command: string[] | null;
  entrypoint: string[] | null;
  user: string | null;
  workdir: string | null;
  volumes: string[];
  assumeAllExplicit: boolean;
}

export type OneOffEffect =
  /** Of a container that `create-container` and `start-container` made and started: its exit. */
  | {
      kind: "await-exit";
      container: ContainerRef;
      waitMs: number | null;
      successCodes: number[];
      output: string | null;
    }
  | {
      kind: "exec";
      container: ContainerRef;
      command: string[];
      user: string | null;
      workdir: string | null;
      env: Record<string, string>;
      successCodes: number[];
      output: string | null;
    }
  /** That a command which was begun in a container has ended: nothing but its own end, or the container's, ends it. */
  | { kind: "await-exec"; container: ContainerRef; exec: string; command: string[]; waitMs: number };

export type ImageEffect =
  | {
      kind: "pull-image";
      image: string;
      digest: string | null;
      platform: string | null;
      /** What the name meant before, by id. */ before: string | null;
    }
  | { kind: "load-image"; file: string; image: string; before: string | null }
  /** So that it cannot vanish. */
  | { kind: "tag-image"; image: string; tag: string; before: string | null }
  | { kind: "untag-image"; tag: string };

export type SwarmEffect =
  /** The spec of before is in the vault under `vaultKey`. */
  | { kind: "update-service"; service: string; name: string; vaultKey: string; change: ServiceChange }
  | {
      kind: "await-convergence";
      service: string;
      name: string;
      /** Null: of the spec in force. */ image: string | null;
      waitMs: number;
      /** The operation whose update is to be in force; left out: any. */
      updatedBy?: string;
    }
  | { kind: "restore-service"; service: string; name: string; vaultKey: string }
  | { kind: "scale-service"; service: string; name: string; replicas: number; before: number }
  | {
      kind: "create-job";
      like: string;
      name: string;
      image: string | null;
      command: string[] | null;
      env: Record<string, string>;
    }
  | { kind: "await-job"; name: string; waitMs: number | null; successCodes: number[]; output: string | null }
  | { kind: "remove-service"; name: string };

export interface ServiceChange {
  image: string;
  env: Record<string, string>;
  parallelism: number | null;
  delayMs: number | null;
  order: "start-first" | "stop-first" | null;
  failureAction: "rollback" | "pause" | "continue" | null;
  monitorMs: number | null;
  maxFailureRatio: number | null;
}

export type ProcessEffect =
  | {
      kind: "stop-process";
      name: string;
      /** As it was started, to start it again; null: it did not run. */ before: ProcessTarget | null;
      graceMs: number;
    }
  | { kind: "start-process"; name: string; process: ProcessTarget };

export type GatewayEffect =
  | { kind: "set-mode"; mode: ModeOrder }
  | { kind: "announce"; message: string; inMs: number | null }
  | { kind: "withdraw-announcement" }
  | { kind: "put-upstream"; upstream: string; address: ResolvedAddress }
  | { kind: "remove-upstream"; upstream: string }
  | { kind: "set-candidate"; upstream: string; waitHealthyMs: number | null }
  | { kind: "clear-candidate" }
  | {
      kind: "set-canary";
      /** Null: none. */ percent: number | null;
      /** It is put back as it was: not where there is no candidate any more. */ restores: boolean;
    }
  | {
      kind: "cutover";
      to: string | null;
      force: boolean;
      drainTimeoutMs: number | null;
      wait: boolean;
      loses: string | null;
    }
  /** That the active upstream answers, before users are let back. */
  | { kind: "await-active"; waitMs: number };

export type ModeOrder =
  | { name: "open"; wait: boolean }
  | {
      name: "hold";
      leaseMs: number | null;
      maxWaitMs: number | null;
      onLeaseEnd: "maintenance" | "open" | null;
      wait: boolean;
    }
  | { name: "maintenance"; message: string | null; expectedMs: number | null; retryAfterMs: number | null };

/** Like UpstreamAddress, with the container in place of its target. */
export type ResolvedAddress =
  | Extract<UpstreamAddress, { kind: "url" }>
  | {
      kind: "container";
      container: ContainerRef;
      port: number;
      network: string | null;
      by: "address" | "name";
    };

export type DataEffect =
  | {
      kind: "backup";
      source: ResolvedSource;
      to: string;
      gzip: boolean;
      minBytes: number;
      verify: ResolvedVerify | null;
    }
  | { kind: "restore"; from: FileRef; gunzip: boolean; into: ResolvedSink }
  /** In a container of its own that has both volumes. */
  | {
      kind: "sync-volumes";
      from: string;
      to: string;
      image: string;
      mode: "mirror" | "delta";
      command: string[] | null;
    };

export interface ResolvedExec {
  kind: "exec";
  container: ContainerRef;
  command: string[];
  user: string | null;
  workdir: string | null;
  env: Record<string, string>;
  successCodes: number[];
}

/** A one-off as a source or sink: made, run and removed within the operation. */
export interface ResolvedRun {
  kind: "run";
  like: ContainerRef;
  image: string;
  change: ContainerChange;
  waitMs: number | null;
  successCodes: number[];
}

export type ResolvedSource =
  | ResolvedExec
  | ResolvedRun
  | { kind: "path"; container: ContainerRef; path: string }
  | { kind: "files"; paths: string[] };
export type ResolvedSink =
  | ResolvedExec
  | ResolvedRun
  | { kind: "path"; container: ContainerRef; path: string };
export type ResolvedVerify =
  | { kind: "exec"; container: ContainerRef; command: string[] }
  | { kind: "command"; command: BackupVerify["command"] };

export type LookEffect =
  | { kind: "preflight"; preflight: Preflight; carried: Record<string, string[]>; targets: TargetRefs }
  /** All good without a break for `forMs`, within `waitMs`. */
  | {
      kind: "check";
      checks: Check[];
      target: string | null;
      targets: TargetRefs;
      forMs: number;
      waitMs: number;
      intervalMs: number;
    }
  /** `watched`: whose restarts count. */
  | { kind: "observe"; observe: Observe; watched: string[]; targets: TargetRefs }
  | { kind: "confirm"; prompt: string; waitMs: number | null; otherwise: "continue" | "rollback" | "pause" }
  | { kind: "wait"; forMs: number }
  /** Before the first effect, and again when it matters: see `migrated` in run/facts.ts. */
  | { kind: "read-schema"; probe: SchemaProbe; targets: TargetRefs }
  /** Whether there is something to migrate: exit 0 and no output, or the exit code 3, mean no. */
  | { kind: "read-pending"; like: ContainerRef; image: string; command: string[]; change: ContainerChange };

export type OutsideEffect =
  | {
      kind: "http";
      url: string;
      method: string;
      headers: Record<string, string>;
      body: string | null;
      status: StatusRange;
      idempotent: boolean;
    }
  | {
      kind: "command";
      command: string[];
      cwd: string | null;
      env: Record<string, string>;
      successCodes: number[];
    };
