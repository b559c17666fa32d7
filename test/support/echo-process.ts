import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("./echo-program.ts", import.meta.url));

export interface EchoProcess {
  port: number;
  url: string;
  /** SIGKILL; resolves when its end has been seen. */
  kill: () => Promise<void>;
}

/** The echo app as a process of its own, for what only a process can show; killed when the test is over. */
export async function startEchoProcess(greeting: string, port = 0): Promise<EchoProcess> {
  const child = spawn(process.execPath, [PROGRAM, greeting, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const bound = Number(line);
  return { port: bound, url: `http://127.0.0.1:${bound}`, kill };
}
