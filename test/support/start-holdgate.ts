// `holdgate run` as its own process, for what only a process can show: kill -9, exit codes, memory.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface HoldgateProcess {
  child: ChildProcess;
  pid: number;
  port: number;
  /** Path of the admin's unix socket. */
  adminSocket: string;
  /** The admin's port on TCP. */
  adminPort: number;
  /** Ends it; resolves with the exit code, or null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const FROM_SOURCE: [program: string, ...args: string[]] = [process.execPath, MAIN];

/** Starts it with `yaml` for its configuration (without listen, dataDir, admin) and waits until it listens. */
export async function startHoldgate(
  dir: string,
  yaml: string,
  port = 0,
  [program, ...args] = FROM_SOURCE,
  adminPort = 0,
): Promise<HoldgateProcess> {
  const config = join(dir, "holdgate.yaml");
  const head = `listen: 127.0.0.1:${port}\ndataDir: ${dir}/data\nadmin: { listen: "127.0.0.1:${adminPort}" }\n`;
  await writeFile(config, head + yaml);
  const child = spawn(program, [...args, "run", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const entry: { msg?: string; listen?: string[]; admin?: string[] } = JSON.parse(line);
    if (entry.msg !== "holdgate is running") continue;
    child.stdout.resume();
    return {
      child,
      pid: child.pid ?? 0,
      port: Number(entry.listen?.[0]?.split(":").at(-1)),
      adminSocket: join(dir, "data", "admin.sock"),
      adminPort: Number(entry.admin?.at(-1)?.split(":").at(-1)),
      async end(signal) {
        if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
        const exited = once(child, "exit");
        child.kill(signal);
        await exited;
        return child.exitCode;
      },
    };
  }
  throw new Error("holdgate ended before it listened");
}
