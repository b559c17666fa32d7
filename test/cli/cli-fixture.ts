import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FakeAdmin, statusAnswer } from "../support/fake-admin.ts";
import { type CliOptions, type CliRun, runHoldgate } from "../support/run-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

export interface CliFixture {
  admin: FakeAdmin;
  cwd: string;
  holdgate: (args: string[], options?: Partial<CliOptions>) => Promise<CliRun>;
}

/** A fake gateway where the command line looks first: at the socket in ./data. */
export async function cliFixture(): Promise<CliFixture> {
  const cwd = await temporaryDirectory();
  const admin = new FakeAdmin();
  await mkdir(join(cwd, "data"));
  await admin.listenOnSocket(join(cwd, "data", "admin.sock"));
  onTestFinished(() => admin.close());
  admin.answer("GET /admin/status", statusAnswer());
  return { admin, cwd, holdgate: (args, options) => runHoldgate(args, { cwd, ...options }) };
}
