// What the benchmark asks of each proxy it measures.

import type { ChildProgram } from "./process/child-program.ts";
import type { Inspector } from "./process/inspector.ts";

export interface Contender {
  readonly name: string;
  /** Names of the scenarios it takes part in; left out: all. */
  readonly scenarios?: readonly string[];
  available(): Availability;
  start(context: ContenderContext): Promise<RunningContender>;
}

export type Availability = { version: string } | { missing: string };

export interface ContenderContext {
  /** A directory of the contender's own; the benchmark removes it. */
  directory: string;
  /** Where to listen, on 127.0.0.1. */
  port: number;
  /** Free for whatever else the contender wants to listen on: admin interface or inspector. */
  sidePort: number;
  upstreamPort: number;
  /** Where the upstream is when that is not 127.0.0.1; only scenarios of Holdgate alone have one. */
  upstreamHost?: string;
  /** Whether `settle` or the inspector will be asked for, which some contenders must be prepared for. */
  isInspected: boolean;
}

export interface RunningContender {
  readonly program: ChildProgram;
  /** Lets go of garbage where the contender has a collector that can be asked to. */
  readonly settle?: () => Promise<void>;
  /** Of one that runs on Node, where it is inspected. */
  readonly inspector?: Inspector;
}
