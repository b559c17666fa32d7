import { resolve } from "node:path";
import type { AdminClient } from "../../client/admin-client.ts";
import { findDataDir } from "../../client/find-data-dir.ts";
import type { OpenRunner } from "../../upgrade/runner/open-runner.ts";
import type { Invocation } from "../invocation.ts";

/** Options of all verbs that carry upgrades out, or look at their journals. */
export interface RunnerVerbOptions {
  docker?: string;
  dataDir?: string;
}

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
