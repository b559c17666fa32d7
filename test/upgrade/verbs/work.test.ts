// What the verbs for one-off work, data, services and the outside make of a plan.

import { describe, expect, test } from "vitest";
import type { ServiceInspect } from "../../../src/docker/engine.ts";
import { makeProgram } from "../../../src/upgrade/make-program.ts";
import type { Observation } from "../../../src/upgrade/observe/observation.ts";
import { readPlan } from "../../../src/upgrade/plan/read-plan.ts";
import type { Program } from "../../../src/upgrade/program.ts";
import { VERBS } from "../../../src/upgrade/verbs/verbs.ts";
import { fakeInspect } from "../../support/docker/fake-inspect.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FakeGatewayDriver } from "../../support/upgrade/fake-gateway-driver.ts";

const TARGETS =
  "app: { container: app }, db: { container: db }, api: { swarm: stack_api }, cmd: { process: { command: [x] } }";
const RUN = "20260101-000000-abcd";

const SERVICE: ServiceInspect = {
  ID: "service-1",
  Version: { Index: 1 },
  Spec: {
    Name: "a-stack-with-a-long-name_and-an-api-of-many-words",
    Labels: {},
    TaskTemplate: { ContainerSpec: { Image: "api:1" } },
    Mode: { Replicated: { Replicas: 2 } },
  },
};

async function programOf(steps: string): Promise<Program> {
  const builtIns = { run: RUN, service: "chat", active: "blue", idle: null };
  const secrets = "secrets: { token: { env: TOKEN } }";
  const text = `name: x\n${secrets}\ntargets: { ${TARGETS} }\nsteps:\n${steps}\n`;
  const containers = ["app", "db"].map((name) =>
    fakeInspect(`id-${name}`, { name, imageId: `sha256:${name}` }),
  );
  const [app = [], db = []] = containers.map((container) => [container]);
  const observation: Observation = {
    at: 0,
    service: await new FakeGatewayDriver(new ManualClock()).status(),
    engine: null,
    targets: {
      app: { kind: "containers", containers: app },
      db: { kind: "containers", containers: db },
      api: { kind: "swarm", service: SERVICE },
      cmd: { kind: "process", running: null },
    },
    images: {},
  };
  return makeProgram(readPlan(text, "up.yaml", { builtIns }), observation, VERBS, RUN);
}

async function operationsOf(steps: string) {
  const program = await programOf(steps);
  return program.steps.flatMap(({ operations }) => operations);
}

const kindsOf = (operations: readonly { kind: string }[] | null | undefined) =>
  operations?.map(({ kind }) => kind) ?? null;

describe("a one-off", () => {
  test("is made, started, awaited and removed, under a name of its step and run", async () => {
    const operations = await operationsOf("  - id: static\n    run: { like: app, command: [collect] }");
    const parts = ["create-container", "start-container", "await-exit", "remove-container"];
    expect(kindsOf(operations)).toEqual(parts);
    const name = `app.holdgate-static-${RUN}`;
    expect(operations[0]).toMatchObject({ name, image: "sha256:app", role: "one-off" });
    expect(operations[2]).toMatchObject({ container: { madeBy: "static.create", name } });
  });

  test("in a way back has another name than the work that it takes back", async () => {
    const back = "undo: [{ run: { like: app, command: [back] } }]";
    const { steps } = await programOf(`  - id: work\n    run: { like: app, command: [go] }\n    ${back}`);
    expect(steps[0]?.undo?.[0]).toMatchObject({ name: `app.holdgate-work-undo-${RUN}` });
  });

  test("like a service is a job with a name that Swarm takes", async () => {
    const operations = await operationsOf("  - run: { like: api, command: [go] }");
    expect(kindsOf(operations)).toEqual(["create-job", "await-job", "remove-service"]);
    const [job] = operations;
    const name = job?.kind === "create-job" ? job.name : "";
    expect(name.length).toBeLessThanOrEqual(63);
    expect(name).toMatch(new RegExp(`^a-stack.*-${RUN}$`));
  });

  test("like a service with a long name has another name than the next one, which would be taken for it", async () => {
    const work = ["first", "second"].map((id) => `  - id: ${id}\n    run: { like: api, command: [${id}] }`);
    const jobs = (await operationsOf(work.join("\n"))).flatMap((each) =>
      each.kind === "create-job" ? [each.name] : [],
    );
    expect(new Set(jobs).size).toBe(2);
  });

  test("like a process, or a job with mounts of its own, is refused", async () => {
    await expect(programOf("  - run: { like: cmd, command: [go] }")).rejects.toThrow(
      /which is a process|cmd is a process/,
    );
    const mounts = programOf("  - run: { like: api, command: [go], volumes: ['a:/a'] }");
    await expect(mounts).rejects.toThrow(/takes volumes from it; leave that out/);
  });
});

test("a migration asks first, and its way back runs with the new image", async () => {
  const { steps } = await programOf(
    "  - id: m\n    migrate: { like: app, image: 'app:2', command: [up], pending: [check], down: [down] }",
  );
  expect(kindsOf(steps[0]?.operations)?.slice(0, 2)).toEqual(["read-pending", "create-container"]);
  expect(steps[0]?.undo?.[0]).toMatchObject({
    id: "m.down-create",
    image: "app:2",
    name: `app.holdgate-m-down-${RUN}`,
    change: { command: ["down"] },
  });
});

describe("data", () => {
  const dump =
    "  - id: dump\n    backup: { exec: { target: db, command: [dump] }, to: a.dump, gzip: true, verify: [list] }\n";

  test("a backup is verified where it comes from, and a restore finds it by its step", async () => {
    const sink = "exec: { target: db, command: [load] }";
    const [backup, restore] = await operationsOf(`${dump}  - restore: { from: dump, ${sink} }`);
    expect(backup).toMatchObject({ verify: { kind: "exec", container: { id: "id-db" }, command: ["list"] } });
    expect(restore).toMatchObject({ from: { writtenBy: backup?.id }, gunzip: true });
  });

  test("the tar of one path is not unpacked into another", async () => {
    const files = "  - id: files\n    backup: { path: { target: app, path: /data }, to: a.tar }\n";
    const other = programOf(`${files}  - restore: { from: files, path: { target: app, path: /other } }`);
    await expect(other).rejects.toThrow("is of /data");
    const wrong = programOf(`${dump}  - restore: { from: dump, path: { target: app, path: /data } }`);
    await expect(wrong).rejects.toThrow("is no tar of a path");
  });
});

test("services are updated one after the other, each awaited by its own mark; a scale knows what was before", async () => {
  const operations = await operationsOf(
    "  - id: u\n    update: { target: api, image: 'api:2' }\n  - scale: { target: api, replicas: 5 }",
  );
  expect(kindsOf(operations)).toEqual([
    "update-service",
    "await-convergence",
    "scale-service",
    "await-convergence",
  ]);
  expect(operations[1]).toMatchObject({ image: "api:2", updatedBy: "u.update-api" });
  expect(operations[2]).toMatchObject({ replicas: 5, before: 2 });
});

test("a secret is part of no URL and of no argument on the runner's machine", async () => {
  const secret = "${secrets.token}";
  await expect(programOf(`  - http: "http://a/?t=${secret}"`)).rejects.toThrow(/where it would be shown/);
  await expect(programOf(`  - command: [notify, "${secret}"]`)).rejects.toThrow("a secret as an argument");
  const verify = `verify: { command: [check, "${secret}"] }`;
  await expect(programOf(`  - backup: { files: a, to: b, ${verify} }`)).rejects.toThrow(
    "a secret as an argument",
  );
  const replace = `  - replace: { target: cmd, command: [serve, "${secret}"] }`;
  await expect(programOf(replace)).rejects.toThrow("the process cmd has a secret as an argument");
});
