// A plan becomes a program by what is there at this moment.

import { readOwnContainerId } from "../docker/own-container.ts";
import { describeProgram } from "./dry-run/describe-program.ts";
import { lookUpImages } from "./dry-run/look-up-images.ts";
import { renderDryRun } from "./dry-run/render-dry-run.ts";
import type { Machinery } from "./machinery.ts";
import { makeProgram } from "./make-program.ts";
import { observe } from "./observe/observe.ts";
import { HANDLERS } from "./operations/handlers.ts";
import { checkPlan, placesIn, readPlan } from "./plan/read-plan.ts";
import type { BuiltIns } from "./plan/variables.ts";
import type { ServiceStatus } from "../client/status.ts";
import { VERBS } from "./verbs/verbs.ts";

export const realMachinery: Machinery = {
  handlers: HANDLERS,
  check: ({ text, file, vars }) => checkPlan(text, file, vars),
  async prepare({ text, file, vars }, run, world) {
    const { gateway, gatewayAddress, signal } = world;
    const status = await gateway.status(signal);
    const plan = readPlan(text, file, { vars, builtIns: builtIns(run, status) });
    const engine = await world.engine();
    const placeOf = placesIn(text, file);
    const observation = await observe({
      plan,
      engine,
      gateway,
      processes: world.processesFor(status.name),
      at: world.wall(),
      placeOf,
      keepers: { ownId: await readOwnContainerId(), gateway: gatewayAddress },
      signal,
    });
    const program = makeProgram(plan, observation, VERBS, run);
    return {
      plan,
      program,
      async describe(auth) {
        const images = await lookUpImages(program, observation, { engine, auth, signal });
        return renderDryRun(describeProgram(program, observation, { images }));
      },
    };
  },
};

function builtIns(run: string, { name, slots, upstreams }: ServiceStatus): BuiltIns {
  const others = upstreams.filter((upstream) => upstream.name !== slots.active);
  const [other] = others;
  const idle = other !== undefined && others.length === 1 ? other.name : null;
  return { run, service: name, active: slots.active, idle };
}
