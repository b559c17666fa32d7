// What the verbs that carry upgrades out have in common.

import { resolve } from "node:path";
import type { AdminClient } from "../../client/admin-client.ts";
import { findDataDir } from "../../client/find-data-dir.ts";
import type { OpenRunner } from "../../upgrade/runner/open-runner.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Invocation } from "../invocation.ts";
import { pause } from "../pause.ts";

/** Options of all verbs that carry upgrades out, or look at their journals. */
export interface RunnerVerbOptions {
  docker?: string;
  dataDir?: string;
}

/** A gateway that is away at the end does not keep the operator. */
const LAST_REPORT_MS = 10_000;

/** The runs of this machine: their journals are in the dataDir, beside the gateway's state. */
export async function openUpgradeRunner(
  { docker, dataDir }: RunnerVerbOptions,
  invocation: Invocation,
  log: (line: string) => void,
): Promise<OpenRunner & { client: AdminClient }> {
  const { clock, env } = invocation;
  const client = await invocation.connect();
  const found = dataDir === undefined ? (await findDataDir(invocation.options, env)).path : resolve(dataDir);
  // Loaded here only: the Docker client and the plan's schema would slow down every other verb.
  const { openRunner } = await import("../../upgrade/runner/open-runner.ts");
  const runner = openRunner({ client, clock, dataDir: found, dockerSocket: docker, env, log });
  return { ...runner, client };
}

/** Before the process ends: the gateway hears how it went, unless it is away for too long. */
export async function tellLastReports({ reports }: OpenRunner, clock: Clock): Promise<void> {
  const told = new AbortController();
  const settled = reports.settled().finally(() => told.abort());
  await Promise.race([settled, pause(clock, LAST_REPORT_MS, told.signal)]);
}
