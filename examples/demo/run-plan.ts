// Carries out a plan with `holdgate upgrade`, as an operator would, and tells what it does step by step.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Tell } from "./stage.ts";

export interface PlanOrder {
  plan: "start" | "in-place" | "blue-green";
  vars: Readonly<Record<string, string>>;
  /** The gateway's configuration. */
  config: string;
  tell: Tell;
}

const HOLDGATE = fileURLToPath(new URL("../../bin/holdgate", import.meta.url));

/** Throws when the new version was not kept. */
export async function runPlan({ plan, vars, config, tell }: PlanOrder): Promise<void> {
  const file = fileURLToPath(new URL(`plans/${plan}.yaml`, import.meta.url));
  const given = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  const args = ["upgrade", file, ...given, "--config", config, "--json"];
  // A group of its own: Ctrl-C is for the demo, which then ends everything in order.
  const child = spawn(HOLDGATE, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const [[code], complaints] = await Promise.all([
    once(child, "exit"),
    text(child.stderr),
    tellSteps(child.stdout, tell),
  ]);
  process.off("exit", kill);
  if (code !== 0)
    throw new Error(`holdgate upgrade ${plan}.yaml ended with ${String(code)}: ${complaints.trim()}`);
}

async function tellSteps(stdout: NodeJS.ReadableStream, tell: Tell): Promise<void> {
  for await (const line of createInterface({ input: stdout })) {
    const { type, state, title }: Record<string, unknown> = JSON.parse(line);
    if (type === "step" && state === "done") tell(String(title));
  }
}
