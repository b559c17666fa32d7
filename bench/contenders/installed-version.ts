import { spawnSync } from "node:child_process";
import type { Availability } from "../contender.ts";

/** The first thing that looks like a version in what `command args` prints. */
export function installedVersion(command: string, args: string[]): Availability {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error) return { missing: `${command} is not installed` };
  const version = /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0];
  return version === undefined ? { missing: `${command} does not say its version` } : { version };
}
