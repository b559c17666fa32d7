import { onTestFinished } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../src/process/directory-process-host.ts";
import type { HostedCommand } from "../../src/process/process-host.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

export interface OpenHost {
  directory: string;
  host: DirectoryProcessHost;
}

/** A host whose command `app` is stopped when the test is over. */
export async function openProcessHost(): Promise<OpenHost> {
  const directory = await temporaryDirectory();
  const host = new DirectoryProcessHost({ directory: `${directory}/processes`, clock: systemClock });
  onTestFinished(() => host.stop("app", 0));
  return { directory, host };
}

export function shell(script: string, more: Partial<HostedCommand> = {}): HostedCommand {
  return { command: ["sh", "-c", script], cwd: null, env: {}, about: {}, ...more };
}
