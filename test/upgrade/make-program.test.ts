import { describe, expect, it } from "vitest";
import { makeProgram } from "../../src/upgrade/make-program.ts";
import type { Observation } from "../../src/upgrade/observe/observation.ts";
import { PlanProblem } from "../../src/upgrade/plan/plan-problem.ts";
import { readPlan } from "../../src/upgrade/plan/read-plan.ts";
import type { Program } from "../../src/upgrade/program.ts";
import type { PlanVerbs } from "../../src/upgrade/verbs/verb.ts";
import { fakeInspect } from "../support/docker/fake-inspect.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { FakeGatewayDriver } from "../support/upgrade/fake-gateway-driver.ts";
import { handWrittenVerbs } from "./hand-written-verbs.ts";

const BUILT_INS = { run: "r1", service: "chat", active: "blue", idle: null };
const HEAD = "name: x\ntargets: { app: { container: chat }, same: { label: app=chat } }\nsteps:\n";

async function observed(): Promise<Observation> {
  const service = await new FakeGatewayDriver(new ManualClock()).status();
  const containers = [fakeInspect("c1", { name: "chat" })];
  const target = { kind: "containers" as const, containers };
  return { at: 0, service, engine: null, targets: { app: target, same: target }, images: {} };
}

async function programOf(steps: string, verbs: PlanVerbs = handWrittenVerbs()): Promise<Program> {
  return makeProgram(
    readPlan(HEAD + steps, "up.yaml", { builtIns: BUILT_INS }),
    await observed(),
    verbs,
    "r1",
  );
}

describe("makeProgram", () => {
  it("gives every operation an id of its step", async () => {
    const { steps } = await programOf("  - stop: app\n  - id: again\n    stop: app\n");
    expect(steps.map(({ operations }) => operations.map(({ id, step }) => [id, step]))).toEqual([
      [["stop-app.stop", "stop-app"]],
      [["again.stop", "again"]],
    ]);
  });

  it("lets a name mean the new container after a replacement, in every target that meant the old one", async () => {
    const { steps, targets } = await programOf("  - replace: app\n  - stop: app\n  - stop: same\n");
    const made = { madeBy: "replace-app.create", name: "chat" };
    expect(steps.slice(1).map(({ operations }) => operations[0])).toMatchObject([
      { kind: "stop-container", container: made },
      { kind: "stop-container", container: made },
    ]);
    expect(targets["app"]).toMatchObject({ containers: [{ id: "c1", name: "chat" }] });
  });

  it("compiles a declared way back as it is before the step, with ids of its own", async () => {
    const { steps } = await programOf(
      "  - replace: app\n    undo: [{ stop: app }, { stop: app }]\n  - stop: app\n",
    );
    expect(steps[0]?.undo).toMatchObject([
      { id: "replace-app.undo.stop", step: "replace-app", container: { id: "c1" } },
      { id: "replace-app.undo-2.stop", step: "replace-app", container: { id: "c1" } },
    ]);
    expect(steps[1]?.operations[0]).toMatchObject({ container: { madeBy: "replace-app.create" } });
  });

  it("takes an empty way back for a declared one, and none for none", async () => {
    const { steps } = await programOf("  - stop: app\n    undo: []\n  - stop: app\n");
    expect(steps.map(({ undo }) => undo)).toEqual([[], null]);
  });

  it("plans the branches of parallel as steps of their own", async () => {
    const { steps } = await programOf("  - parallel: [{ stop: app }, { wait: 3s }]\n");
    expect(steps[0]?.branches.map(({ id, operations }) => [id, operations[0]?.id])).toEqual([
      ["stop-app", "stop-app.stop"],
      ["wait", "wait.wait"],
    ]);
  });
});

describe("a step that will not be done", () => {
  it("is in the program without operations, and changes no meaning", async () => {
    const { steps } = await programOf("  - replace: app\n    when: a == b\n  - stop: app\n");
    expect(steps[0]).toMatchObject({ id: "replace-app", operations: [] });
    expect(steps[1]?.operations[0]).toMatchObject({ container: { id: "c1" } });
  });

  it("is planned when only the run can tell", async () => {
    const { steps } = await programOf("  - stop: app\n    when: not migrated\n");
    expect(steps[0]?.operations).toHaveLength(1);
  });
});

describe("what a verb has to say", () => {
  it("about what does not fit is a problem of its step", async () => {
    const verbs = handWrittenVerbs();
    verbs.stop = () => {
      throw new PlanProblem([{ place: null, text: "it cannot be stopped" }]);
    };
    await expect(programOf("  - stop: app\n", verbs)).rejects.toThrow("step stop-app: it cannot be stopped");
  });

  it("is a mistake of Holdgate when two operations get one id", async () => {
    const verbs = handWrittenVerbs();
    const wait = { as: "wait", cause: "", kind: "wait" as const, forMs: 1 };
    verbs.wait = () => ({ title: "wait", operations: [wait, wait] });
    await expect(programOf("  - wait: 1s\n", verbs)).rejects.toThrow(
      "two operations of the program are called wait.wait",
    );
  });

  it("about the way back stands before the plan's own", async () => {
    const verbs = handWrittenVerbs();
    const back = { as: "down", cause: "", kind: "wait" as const, forMs: 1 };
    verbs.wait = () => ({ title: "wait", operations: [], undo: [back] });
    const { steps } = await programOf("  - wait: 1s\n    undo: [{ stop: app }]\n", verbs);
    expect(steps[0]?.undo?.map(({ id }) => id)).toEqual(["wait.down", "wait.undo.stop"]);
  });
});

describe("the reading of the schema", () => {
  it("is an operation beside the steps, with the targets as they were", async () => {
    const plan = readPlan(
      `schema: { exec: { target: app, command: [version] } }\n${HEAD}  - replace: app\n`,
      "up.yaml",
      {
        builtIns: BUILT_INS,
      },
    );
    const { readSchema } = makeProgram(plan, await observed(), handWrittenVerbs(), "r1");
    expect(readSchema).toMatchObject({
      kind: "read-schema",
      targets: { app: { containers: [{ id: "c1" }] } },
    });
  });
});
