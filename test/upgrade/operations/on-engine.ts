// What the tests of operations that need a real engine begin with; where there is none they are left out.

import { afterAll, beforeAll, beforeEach } from "vitest";
import { connectEngine } from "../../../src/docker/connect-engine.ts";
import type { Engine } from "../../../src/docker/engine.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { ContainerChange, ContainerRef } from "../../../src/upgrade/operations/operation.ts";
import { type LoadedImage, busyboxImage } from "../../support/docker/images.ts";
import { openSandbox, type Sandbox } from "../../support/docker/sandbox.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  performContext,
  type TestContext,
  type TestContextOptions,
} from "../../support/upgrade/perform-context.ts";

export interface OnEngine {
  engine: Engine;
  sandbox: Sandbox;
  busybox: LoadedImage;
  context(options?: TestContextOptions): TestContext;
  /** A container that runs `script`, by default for ever. */
  container(part: string, script?: string, binds?: string[]): Promise<{ id: string; name: string }>;
}

export const SLEEP = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

export function onEngine(suite: string): OnEngine {
  const leftOut = whyLeftOut("docker");
  const sandbox = openSandbox(suite);
  const engine = connectEngine();
  const on: OnEngine = {
    engine,
    sandbox,
    busybox: { ref: "", id: "" },
    context: (options = {}) => {
      const labels = (): Record<string, string> => sandbox.labels;
      const run = { id: sandbox.prefix, labels, ...options.run };
      return performContext({ engine, clock: systemClock, ...options, run });
    },
    async container(part, script = SLEEP, binds = []) {
      const command = ["sh", "-c", script];
      const id = await sandbox.run(part, { image: on.busybox.ref, command, binds });
      return { id, name: sandbox.name(part) };
    },
  };
  beforeAll(async () => {
    if (leftOut === null) on.busybox = await busyboxImage();
  });
  beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
  afterAll(async () => {
    engine.close();
    if (leftOut === null) await sandbox.close();
  });
  return on;
}

/** Of a one-off that runs `script`. */
export function shellChange(script: string, env: Record<string, string> = {}): ContainerChange {
  const nothing = { entrypoint: null, user: null, workdir: null, volumes: [], labels: {} };
  return { mode: "one-off", command: ["sh", "-c", script], env, assumeAllExplicit: false, ...nothing };
}

export function common(id: string): { id: string; step: string; cause: string } {
  return { id, step: id.split(".")[0] ?? id, cause: "a test" };
}

export type Ref = Extract<ContainerRef, { id: string }>;
