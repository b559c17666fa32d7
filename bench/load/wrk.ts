// Runs wrk and reads its results. wrk keeps one request under way on each connection, so its latencies are
// those of a full house and not of a calm one.

import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { killAtExit } from "../process/kill-at-exit.ts";
import { BROWSER_HEADERS } from "./browser-head.ts";

export interface WrkOptions {
  port: number;
  path: string;
  connections: number;
  seconds: number;
  /** Sends POSTs with a body of so many bytes instead of GETs. */
  postBytes?: number;
}

export interface WrkResult {
  requestsPerSecond: number;
  bytesPerSecond: number;
  requests: number;
  bytes: number;
  p50Ms: number;
  p99Ms: number;
}

const REPORT = fileURLToPath(new URL("wrk-report.lua", import.meta.url));
const run = promisify(execFile);

/** Throws when any answer was not a success or any connection broke: such figures mean nothing. */
export async function runWrk({
  port,
  path,
  connections,
  seconds,
  postBytes = 0,
}: WrkOptions): Promise<WrkResult> {
  const heads = BROWSER_HEADERS.flatMap((header) => ["-H", header]);
  const load = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--timeout", "10s"];
  const args = [...load, ...heads, "-s", REPORT, `http://127.0.0.1:${port}${path}`];
  const env = { ...process.env, BENCH_POST_BYTES: String(postBytes) };
  const running = run("wrk", args, { env });
  killAtExit(running.child);
  const { stdout } = await running;
  return resultOf(reportOf(stdout));
}

export function wrkIsInstalled(): boolean {
  return spawnSync("wrk", ["-v"]).error === undefined;
}

type Report = Record<"requests" | "bytes" | "microseconds" | "p50" | "p99" | "badStatus" | "broken", number>;

function reportOf(output: string): Report {
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  if (line === undefined) throw new Error(`wrk gave no result: ${output}`);
  const report: Report = JSON.parse(line);
  return report;
}

function resultOf({ requests, bytes, microseconds, p50, p99, badStatus, broken }: Report): WrkResult {
  if (badStatus + broken > 0) {
    throw new Error(
      `of ${requests} requests ${badStatus} were not answered with success and ${broken} broke`,
    );
  }
  const seconds = microseconds / 1e6;
  return {
    requests,
    bytes,
    requestsPerSecond: requests / seconds,
    bytesPerSecond: bytes / seconds,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
  };
}
