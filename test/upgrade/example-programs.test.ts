import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allOperations, makeProgram } from "../../src/upgrade/make-program.ts";
import { observe } from "../../src/upgrade/observe/observe.ts";
import type { Plan } from "../../src/upgrade/plan/plan.ts";
import { readPlan } from "../../src/upgrade/plan/read-plan.ts";
import type { ContainerTarget } from "../../src/upgrade/plan/target.ts";
import type { Program } from "../../src/upgrade/program.ts";
import { VERBS } from "../../src/upgrade/verbs/verbs.ts";
import { FakeEngine } from "../support/docker/fake-engine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { FakeGatewayDriver } from "../support/upgrade/fake-gateway-driver.ts";

const DIRECTORY = new URL("../../examples/plans/", import.meta.url);
const PLANS = readdirSync(DIRECTORY).filter((file) => file.endsWith(".yaml"));
const BUILT_INS = { run: "r1", service: "chat", active: "tenanta", idle: "tenantb" };

function planOf(file: string): Plan {
  return readPlan(readFileSync(new URL(file, DIRECTORY), "utf8"), file, { builtIns: BUILT_INS });
}

/** With everything that the plan acts on. */
function engineFor(plan: Plan): FakeEngine {
  const engine = new FakeEngine();
  engine.images.add("app:before", "sha256:before");
  for (const target of Object.values(plan.targets)) {
    if (target.kind === "containers") addContainers(engine, target);
    if (target.kind === "swarm") {
      const ContainerSpec = { Image: "app:before" };
      engine.services.add({
        Name: target.service,
        Labels: {},
        TaskTemplate: { ContainerSpec },
        Mode: { Replicated: { Replicas: 2 } },
      });
    }
  }
  return engine;
}

function addContainers(engine: FakeEngine, { select }: ContainerTarget): void {
  const names =
    select.by === "label" ? ["worker-1", "worker-2"] : [select.by === "name" ? select.name : select.service];
  const [key = "", value = ""] = select.by === "label" ? select.label.split("=") : [];
  for (const name of names) {
    const Labels = select.by === "label" ? { [key]: value } : {};
    engine.containers.add({ name, imageId: "sha256:before", body: { Image: "app:before", Labels } });
  }
}

async function programOf(file: string): Promise<Program> {
  const plan = planOf(file);
  const gateway = new FakeGatewayDriver(new ManualClock());
  gateway.service.upstreams = ["blue", "tenanta", "tenantb"].map((name) => {
    const [first] = gateway.service.upstreams;
    if (!first) throw new Error("the fake gateway has no upstream");
    return { ...first, name, slot: name === "tenanta" ? "active" : null };
  });
  gateway.service.slots = { active: "tenanta", candidate: null, previous: null };
  const processes = { find: async () => null };
  const observation = await observe({ plan, engine: engineFor(plan), gateway, processes, at: 0 });
  return makeProgram(plan, observation, VERBS, "r1");
}

describe("the program of an example plan", () => {
  it.each(PLANS)("%s has operations for every step, and survives its journal", async (file) => {
    const program = await programOf(file);
    const idle = program.steps.filter(
      ({ operations, branches }) => operations.length + branches.length === 0,
    );
    expect(idle.map(({ id }) => id)).toEqual([]);
    expect(JSON.parse(JSON.stringify(program))).toEqual(program);
  });

  it.each(PLANS)("%s refers only to what an earlier operation makes or writes", async (file) => {
    const made = new Set<string>();
    for (const operation of allOperations((await programOf(file)).steps)) {
      const references = [...JSON.stringify(operation).matchAll(/"(?:madeBy|writtenBy)":"([^"]+)"/g)];
      expect(references.map(([, id = ""]) => id).filter((id) => !made.has(id))).toEqual([]);
      made.add(operation.id);
    }
  });
});
