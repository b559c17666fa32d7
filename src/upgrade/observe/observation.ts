// What was there when the run began: everything that making the program needs, so that it is a pure function.

import type { ServiceStatus } from "../../client/status.ts";
import type { Neighbours } from "../../docker/read-neighbours.ts";
import type { ContainerInspect, EngineVersion, ImageInspect, ServiceInspect } from "../../docker/engine.ts";
import type { ProcessTarget } from "../plan/target.ts";

export interface Observation {
  /** Milliseconds since 1970. */
  at: number;
  service: ServiceStatus;
  /** Null: no engine answers, and the plan needs none. */
  engine: EngineVersion | null;
  targets: Record<string, TargetObservation>;
  /** By the name that the plan or a container uses, and by id; undefined: not on this engine. */
  images: Record<string, ImageInspect | undefined>;
  /** What depends on the targets, and what must not be stopped (docker/read-neighbours.ts); left out: not looked for. */
  neighbours?: Neighbours;
}

export type TargetObservation =
  /** By name; empty: there is none (yet). */
  | { kind: "containers"; containers: ContainerInspect[] }
  | { kind: "swarm"; service: ServiceInspect | null }
  /** As it was started; null: it does not run. */
  | { kind: "process"; running: ProcessTarget | null };
