// What a check looks at, and what it must find.

import type { StatusRange } from "./plan.ts";

export type Check =
  | HttpCheck
  | { kind: "tcp"; address: { host: string; port: number } | { target: string; port: number } }
  | WsCheck
  /** The health status of the container; `healthy` is expected. */
  | { kind: "docker"; target: string }
  | { kind: "exec"; target: string; command: string[]; exitCode: number; stdout: string | null }
  /** A regular expression over the lines since the step began. */
  | { kind: "log"; target: string; pattern: string; must: "appear" | "not-appear" }
  /** That the gateway reads from the answer of the upstream's health path. */
  | { kind: "version"; upstream: string | null; version: string }
  | {
      kind: "metric";
      metric: "errorRate" | "latency";
      max: number;
      /** Of the time before the run, instead of as it is. */ relative: boolean;
    };

export interface HttpCheck {
  kind: "http";
  /** A URL, or a path that is asked of `target`, else of the service's active upstream. */
  url: string;
  target: string | null;
  method: string;
  headers: Record<string, string>;
  status: StatusRange;
  expectHeaders: Record<string, string>;
  /** By path (`data.version`): the value that must be there. */
  json: Record<string, JsonScalar>;
  /** Must be in the body. */
  body: string | null;
  timeoutMs: number;
}

export interface WsCheck {
  kind: "ws";
  url: string;
  target: string | null;
  headers: Record<string, string>;
  subprotocol: string | null;
  /** Sent after opening, in order. */
  say: string[];
  /** Each must come, as part of a message, in this order. */
  expect: string[];
  timeoutMs: number;
}

export type JsonScalar = string | number | boolean | null;
