import { describe, expect, test } from "vitest";
import type { Plan, Step, StepOf, VerbName } from "../../../src/upgrade/plan/plan.ts";
import { PlanProblem } from "../../../src/upgrade/plan/plan-problem.ts";
import { planAnnounce, planCanary, planCandidate, planCutover } from "../../../src/upgrade/verbs/gateway.ts";
import { planHold, planMaintenance, planRelease } from "../../../src/upgrade/verbs/gateway.ts";
import {
  planCheck,
  planConfirm,
  planHealthy,
  planObserve,
  planWait,
} from "../../../src/upgrade/verbs/look.ts";
import { planPreflight } from "../../../src/upgrade/verbs/preflight.ts";
import type { PlanContext } from "../../../src/upgrade/verbs/verb.ts";
import { httpCheck } from "../checks/check-context.ts";

/** A step of a plan with nothing but its verb. */
function step<Verb extends VerbName>(verb: Verb, fields: object): StepOf<Verb> {
  const common = {
    id: verb,
    when: null,
    timeoutMs: null,
    retry: { attempts: 1, backoffMs: 0 },
    onFailure: "rollback",
    undo: null,
    pointOfNoReturn: null,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests give what the verb needs
  return { ...common, verb, ...fields } as unknown as StepOf<Verb>;
}

/** Only what these verbs ask for. */
function context(steps: Step[] = [], containers: { id: string; name: string }[] = []): PlanContext {
  const plan: Pick<Plan, "steps"> = { steps };
  const given = { plan, refs: () => ({}), containersOf: () => containers };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of it is not asked for
  return given as unknown as PlanContext;
}

const replace = step("replace", { replace: { target: "app", carryFiles: ["/root/app.conf"] } });
const start = step("start", { targets: ["worker", "beat"] });
const side = step("parallel", { steps: [replace, start] });

describe("the verbs that look", () => {
  test("say in their titles what they look at", () => {
    const checks = [httpCheck(), httpCheck()];
    const healthy = {
      verb: "healthy",
      checks,
      target: "app",
      forMs: 5000,
      timeoutMs: 60_000,
      intervalMs: 1000,
    };
    const { title, operations } = planHealthy(step("healthy", healthy), context());
    expect(title).toBe("wait until it is good for 5s: GET /api/health of app and 1 more");
    expect(operations).toMatchObject([
      { as: "check", kind: "check", forMs: 5000, waitMs: 60_000, intervalMs: 1000 },
    ]);
    const check = step("check", { checks: [httpCheck()], target: null });
    expect(planCheck(check, context())).toMatchObject({
      title: "check GET /api/health",
      operations: [{ forMs: 0, waitMs: 0 }],
    });
  });

  test("a preflight takes what is carried along for no loss, and names what it looks at", () => {
    const preflight = {
      engine: null,
      noDrift: ["app"],
      images: [],
      commandExists: [],
      healthy: ["app", "db"],
    };
    const written = { ...preflight, diskFree: { path: null, bytes: 1 }, swarm: false, checks: [] };
    const planned = planPreflight(step("preflight", { preflight: written }), context([side]));
    expect(planned.title).toBe(
      "look whether there is disk space, nothing is lost with app, app, db are healthy",
    );
    expect(planned.operations).toMatchObject([{ carried: { app: ["/root/app.conf"] } }]);
  });

  test("an observation watches what the plan changes, unless it says whom", () => {
    const observe = { forMs: 900_000, targets: null };
    const watched = (targets: string[] | null) => {
      const observing = step("observe", { observe: { ...observe, targets } });
      return planObserve(observing, context([side, start]));
    };
    expect(watched(null)).toMatchObject({
      title: "observe for 15m",
      operations: [{ watched: ["app", "worker", "beat"] }],
    });
    expect(watched(["db"])).toMatchObject({ operations: [{ watched: ["db"] }] });
  });

  test("ask and wait", () => {
    const confirm = { verb: "confirm", prompt: "Does B look right?", waitMs: null, otherwise: "pause" };
    expect(planConfirm(step("confirm", confirm), context()).title).toBe("ask: Does B look right?");
    expect(planWait(step("wait", { forMs: 60_000 }), context()).title).toBe("wait 1m");
  });
});

describe("the verbs of the gateway", () => {
  const kinds = ({ operations }: { operations: { kind: string }[] }) => operations.map(({ kind }) => kind);
  const announce = step("announce", { message: "soon", inMs: null });

  test("a release takes back what was announced", () => {
    const release = step("release", { wait: true });
    expect(kinds(planRelease(release, context()))).toEqual(["set-mode"]);
    expect(kinds(planRelease(release, context([announce])))).toEqual(["set-mode", "withdraw-announcement"]);
    expect(planAnnounce(announce, context()).title).toBe("announce: soon");
  });

  test("hold and maintenance change the mode", () => {
    const hold = { verb: "hold", leaseMs: 180_000, maxWaitMs: null, onLeaseEnd: null, wait: true };
    expect(planHold(step("hold", hold), context()).title).toBe("hold requests for at most 3m");
    const off = { verb: "maintenance", on: false, message: null, expectedMs: null, retryAfterMs: null };
    expect(planMaintenance(step("maintenance", off), context())).toMatchObject({
      operations: [{ mode: { name: "open", wait: false } }],
    });
  });

  test("a candidate with an address is an upstream first", () => {
    const address = { kind: "container", target: "b", port: 80, network: null, by: "address" };
    const candidate = step("candidate", { upstream: "green", address, waitHealthyMs: 1 });
    const b = { id: "1", name: "b" };
    const planned = planCandidate(candidate, context([], [b]));
    expect(planned.operations).toMatchObject([
      { kind: "put-upstream", upstream: "green", address: { container: b, port: 80 } },
      { kind: "set-candidate", upstream: "green", waitHealthyMs: 1 },
    ]);
    expect(() => planCandidate(candidate, context([], [b, b]))).toThrow(PlanProblem);
    expect(() => planCandidate(candidate, context())).toThrow("the target b has no container");
  });

  test("a cutover tells what its rollback loses", () => {
    const cutover = { verb: "cutover", to: null, force: false, drainTimeoutMs: null, wait: true };
    const losing = step("cutover", { ...cutover, loses: "what was written since" });
    const planned = planCutover(losing, context());
    expect(planned).toMatchObject({ title: "cut over to the candidate", loses: "what was written since" });
  });

  test("a canary is set, and ended", () => {
    expect(planCanary(step("canary", { percent: 5 }), context())).toMatchObject({
      title: "send 5% of clients to the candidate",
      operations: [{ kind: "set-canary", percent: 5 }],
    });
    expect(planCanary(step("canary", { percent: null }), context()).title).toBe("end the canary");
  });
});
