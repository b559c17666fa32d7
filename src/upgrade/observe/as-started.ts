// A process as it was started: its starter has left the target's description beside it.

import { z } from "zod";
import type { HostedProcess } from "../../process/process-host.ts";
import type { ProcessTarget } from "../plan/target.ts";

const description = z.object({
  kind: z.literal("process"),
  command: z.array(z.string()),
  cwd: z.string().nullable(),
  env: z.record(z.string(), z.string()),
  url: z.string().nullable(),
  graceMs: z.number(),
  host: z.string().nullable(),
}) satisfies z.ZodType<ProcessTarget>;

const GRACE_MS = 10_000;

/** Null: it does not run. */
export function asStarted(process: HostedProcess | null): ProcessTarget | null {
  if (process?.state.name !== "running") return null;
  const described = description.safeParse(process.about);
  if (described.success) return described.data;
  // Started by something else under this name: what is known is enough to start it again.
  const { command, cwd } = process;
  return { kind: "process", command: [...command], cwd, env: {}, url: null, graceMs: GRACE_MS, host: null };
}
