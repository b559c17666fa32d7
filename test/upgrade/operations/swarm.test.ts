import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OperationOf, ServiceChange } from "../../../src/upgrade/operations/operation.ts";
import { StepFailure } from "../../../src/upgrade/operations/step-failure.ts";
import { awaitJob, createJob, removeService } from "../../../src/upgrade/operations/swarm-job.ts";
import {
  awaitConvergence,
  restoreService,
  scaleService,
  updateService,
} from "../../../src/upgrade/operations/swarm-service.ts";
import { HOOK_MS, makeImages, serviceSpec, startService } from "../../swarm/swarm-service.ts";
import { eventually } from "../../support/eventually.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { resumed } from "../../support/upgrade/perform-context.ts";
import { common, onEngine } from "./on-engine.ts";

const leftOut = whyLeftOut("swarm");
const on = onEngine("swarm-operations");
let service = "";

beforeAll(async () => {
  if (leftOut !== null) return;
  await makeImages(on.sandbox);
  service = await startService(
    on.engine,
    serviceSpec(on.sandbox, "api", { env: ["TOKEN=s3cret-value"], replicas: 1 }),
  );
}, HOOK_MS);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
// The sandbox is closed by `onEngine`, which takes a service a while.
afterAll(() => {}, HOOK_MS);

const image = (tag: string): string => `${on.sandbox.name("app")}:${tag}`;
const named = () => ({ service, name: on.sandbox.name("api") });

function updateTo(tag: string, step: string): OperationOf<"update-service"> {
  const asItIs = { parallelism: null, delayMs: null, order: null, monitorMs: 1000, maxFailureRatio: null };
  const change: ServiceChange = { image: image(tag), env: {}, failureAction: "rollback", ...asItIs };
  return {
    ...common(`${step}.update`),
    kind: "update-service",
    ...named(),
    vaultKey: `${step}.update`,
    change,
  };
}

function converged(wanted: string | null, updatedBy?: string): OperationOf<"await-convergence"> {
  const operation = {
    ...common("u.await"),
    kind: "await-convergence",
    ...named(),
    image: wanted,
    waitMs: 40_000,
  } as const;
  return updatedBy === undefined ? operation : { ...operation, updatedBy };
}

const specNow = async () => (await on.engine.services.inspect(service))?.Spec;

describe("an update", () => {
  test(
    "converges, and the spec of before, which holds secrets, is in the vault only",
    async () => {
      const before = await specNow();
      const context = on.context();
      const update = updateTo("2", "one");
      const outcome = await updateService.perform(update, context);
      expect(await updateService.perform(update, resumed(context))).toMatchObject({ kind: "done" });
      const known = Object.assign(on.context({ outcomes: { [update.id]: outcome } }), {});
      await awaitConvergence.perform(converged(image("2"), update.id), known);
      expect(context.vaulted.get("one.update")).toEqual(before);
      expect(JSON.stringify([outcome, context.noted, context.lines])).not.toContain("s3cret");

      const restore = {
        ...common("one.back"),
        kind: "restore-service",
        ...named(),
        vaultKey: "one.update",
      } as const;
      expect(await restoreService.perform(restore, context)).toEqual({ changed: true });
      expect(await restoreService.perform(restore, context)).toEqual({ changed: false });
      await awaitConvergence.perform(converged(null), on.context());
      expect(await specNow()).toEqual(before);
    },
    HOOK_MS,
  );

  test(
    "that Swarm rolls back by itself fails, and what it was before is still restored",
    async () => {
      const before = await specNow();
      const context = on.context();
      const update = updateTo("2", "crash");
      update.change.env = { CRASH: "1" };
      const outcome = await updateService.perform(update, context);
      const known = on.context({ outcomes: { [update.id]: outcome } });
      const run = awaitConvergence.perform(converged(image("2"), update.id), known);
      await expect(run).rejects.toThrow(/was rolled back by Swarm|did not get there/);
      const restore = {
        ...common("c.back"),
        kind: "restore-service",
        ...named(),
        vaultKey: "crash.update",
      } as const;
      await restoreService.perform(restore, context);
      await awaitConvergence.perform(converged(null), on.context());
      expect((await specNow())?.TaskTemplate).toEqual(before?.TaskTemplate);
    },
    HOOK_MS,
  );

  test("its undoing restores the spec, and nothing when it changed nothing", () => {
    const update = updateTo("2", "x");
    expect(updateService.inverse(update, undefined).map(({ kind }) => kind)).toEqual([
      "restore-service",
      "await-convergence",
    ]);
    expect(updateService.inverse(update, { kind: "unchanged" })).toEqual([]);
  });
});

test(
  "a service is scaled, and its undoing scales it back",
  async () => {
    const scale = {
      ...common("s.scale"),
      kind: "scale-service",
      ...named(),
      replicas: 2,
      before: 1,
    } as const;
    await scaleService.perform(scale, on.context());
    expect(await awaitConvergence.perform(converged(null), on.context())).toEqual({ running: 2 });
    const [back] = scaleService.inverse(scale, {});
    expect(back).toMatchObject({ kind: "scale-service", replicas: 1, before: 2 });
    await scaleService.perform({ ...scale, replicas: 1, before: 2 }, on.context());
    await awaitConvergence.perform(converged(null), on.context());
  },
  HOOK_MS,
);

const like = () => ({
  like: on.sandbox.name("api"),
  image: image("2"),
  env: { EXTRA: "${secrets.extra}" },
});

describe("a job", () => {
  test(
    "runs once, its lines are shown, its output is kept, and it is removed",
    async () => {
      const directory = await temporaryDirectory();
      const name = on.sandbox.name("job-once");
      const context = on.context({ run: { directory }, secrets: { extra: "abcd" } });
      const command = ["-c", "echo $TOKEN:${#EXTRA} | wc -c; exit 4"];
      const create = { ...common("j.create"), kind: "create-job", name, command, ...like() } as const;
      const { id } = await createJob.perform({ ...create, command }, context);
      expect(await createJob.perform({ ...create, command }, resumed(context))).toEqual({ id });
      const wait = {
        ...common("j.exit"),
        kind: "await-job",
        name,
        waitMs: 30_000,
        output: "job.log",
      } as const;
      const outcome = await awaitJob.perform({ ...wait, successCodes: [4] }, context);
      expect(outcome).toEqual({ exitCode: 4, output: `${directory}/job.log` });
      expect(await readFile(`${directory}/job.log`, "utf8")).toBe("15\n");
      await removeService.perform({ ...common("j.remove"), kind: "remove-service", name }, context);
      expect(await on.engine.services.list({ name })).toEqual([]);
    },
    HOOK_MS,
  );

  test(
    "that hangs is removed when its time is up",
    async () => {
      const name = on.sandbox.name("job-hangs");
      const context = on.context({ secrets: { extra: "abcd" } });
      const command = ["-c", "echo waiting; sleep 600"];
      await createJob.perform(
        { ...common("h.create"), kind: "create-job", name, ...like(), command },
        context,
      );
      const wait = { ...common("h.exit"), kind: "await-job", name, waitMs: 3000, output: null } as const;
      await expect(awaitJob.perform({ ...wait, successCodes: [0] }, context)).rejects.toThrow(
        "did not end within 3s and was removed",
      );
      expect(await on.engine.services.list({ name })).toEqual([]);
    },
    HOOK_MS,
  );
});

describe("a job without an end", () => {
  test(
    "is removed when its step is out of time, also where the run goes on without it",
    async () => {
      const name = on.sandbox.name("job-late");
      const late = new AbortController();
      const context = on.context({ secrets: { extra: "abcd" }, signal: late.signal });
      const command = ["-c", "sleep 600"];
      await createJob.perform(
        { ...common("l.create"), kind: "create-job", name, ...like(), command },
        context,
      );
      const wait = { ...common("l.exit"), kind: "await-job", name, waitMs: null, output: null } as const;
      const run = awaitJob.perform({ ...wait, successCodes: [0] }, context);
      const labels = [`com.docker.swarm.service.name=${name}`];
      await eventually(async () => {
        const [task] = await on.engine.containers.list({ labels });
        const found = task && (await on.engine.containers.inspect(task.Id));
        expect(found?.State.Running).toBe(true);
      });
      late.abort(new StepFailure("the step was not done within 1s"));
      await expect(run).rejects.toThrow("not done within 1s");
      expect(await on.engine.services.list({ name })).toEqual([]);
      expect(await on.engine.containers.list({ labels })).toEqual([]);
    },
    HOOK_MS,
  );
});
