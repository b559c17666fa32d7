// `holdgate runner` as a process of its own, beside a gateway of the same directory.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

export interface RunnerProcess {
  /** What it has logged so far. */
  lines: string[];
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when the gateway has it. */
export async function startRunner(dir: string, ...args: string[]): Promise<RunnerProcess> {
  const child = spawn(process.execPath, [MAIN, "runner", "--config", `${dir}/holdgate.yaml`, ...args], {
    cwd: dir,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const connected = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    if (line.includes("connected to the gateway")) connected.resolve();
  });
  child.once("exit", (code) =>
    connected.reject(new Error(`the runner ended with ${code} before it was connected`)),
  );
  await connected.promise;
  return {
    lines,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
