// A dry run over an engine, without a gateway of its own.

import type { Engine } from "../../../src/docker/engine.ts";
import { describeProgram, type DryRun } from "../../../src/upgrade/dry-run/describe-program.ts";
import { lookUpImages } from "../../../src/upgrade/dry-run/look-up-images.ts";
import { makeProgram } from "../../../src/upgrade/make-program.ts";
import { observe } from "../../../src/upgrade/observe/observe.ts";
import { readPlan } from "../../../src/upgrade/plan/read-plan.ts";
import { VERBS } from "../../../src/upgrade/verbs/verbs.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FakeGatewayDriver } from "../../support/upgrade/fake-gateway-driver.ts";

export async function dryRunOf(text: string, engine: Engine): Promise<DryRun> {
  const gateway = new FakeGatewayDriver(new ManualClock());
  const plan = readPlan(text, "up.yaml", {
    builtIns: { run: "r1", service: "chat", active: "blue", idle: null },
  });
  const processes = { find: async () => null };
  const observation = await observe({ plan, engine, gateway, processes, at: 0 });
  const program = makeProgram(plan, observation, VERBS, "r1");
  const images = await lookUpImages(program, observation, { engine });
  return describeProgram(program, observation, { images });
}
