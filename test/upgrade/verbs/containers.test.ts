// What the verbs for containers and processes make of a plan, and what they refuse before anything is touched.

import { describe, expect, test } from "vitest";
import type { ContainerInspect, ImageInspect } from "../../../src/docker/engine.ts";
import { type Neighbours, neighboursOf } from "../../../src/docker/read-neighbours.ts";
import { makeProgram } from "../../../src/upgrade/make-program.ts";
import type { Operation } from "../../../src/upgrade/operations/operation.ts";
import { readPlan } from "../../../src/upgrade/plan/read-plan.ts";
import { VERBS } from "../../../src/upgrade/verbs/verbs.ts";
import { type FakeContainerOptions, fakeInspect } from "../../support/docker/fake-inspect.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FakeGatewayDriver } from "../../support/upgrade/fake-gateway-driver.ts";

const IMAGE: ImageInspect = {
  Id: "sha256:image",
  RepoTags: ["image:latest"],
  RepoDigests: [],
  Os: "linux",
  Architecture: "amd64",
  Size: 1,
  Config: {},
};
const RUNS = {
  kind: "process",
  command: ["old"],
  cwd: null,
  env: {},
  url: null,
  graceMs: 5000,
  host: null,
} as const;
const TARGETS = "app: { container: app }, worker: { label: w }, cmd: { process: { command: [new] } }";

interface World {
  app?: Partial<FakeContainerOptions>;
  labels?: Record<string, string>;
  host?: object;
  images?: Record<string, ImageInspect>;
  neighbours?: Neighbours;
}

function containerOf(name: string, { app = {}, labels = {}, host = {} }: World): ContainerInspect {
  return fakeInspect(`id-${name}`, {
    name,
    body: { Image: "image:latest", Labels: labels, HostConfig: host },
    ...app,
  });
}

async function operationsOf(steps: string, world: World = {}): Promise<Operation[]> {
  const builtIns = { run: "r1", service: "chat", active: "blue", idle: null };
  const plan = readPlan(`name: x\ntargets: { ${TARGETS} }\nsteps:\n${steps}\n`, "up.yaml", { builtIns });
  const app = containerOf("app", world);
  const workers = ["w1", "w2"].map((name) => containerOf(name, {}));
  const observation = {
    at: 0,
    service: await new FakeGatewayDriver(new ManualClock()).status(),
    engine: null,
    targets: {
      app: { kind: "containers" as const, containers: [app] },
      worker: { kind: "containers" as const, containers: workers },
      cmd: { kind: "process" as const, running: { ...RUNS, command: ["old"] } },
    },
    images: world.images ?? { "sha256:image": IMAGE, "image:latest": IMAGE },
    ...(world.neighbours && { neighbours: world.neighbours }),
  };
  const program = makeProgram(plan, observation, VERBS, "r1");
  return program.steps.flatMap(({ operations }) => operations);
}

const ids = (operations: Operation[]): string[] => operations.map(({ id }) => id);

describe("replace", () => {
  test("makes everything before it stops anything", async () => {
    const steps = "  - replace: { target: worker, image: image:2, carryFiles: [/etc/app] }";
    const prepared = ["tag-old", "create-new", "carry-files", "create-new-2", "carry-files-2"];
    const first = ["stop-old", "rename-old", "rename-new", "start-new"];
    const second = first.map((name) => `${name}-2`);
    expect(ids(await operationsOf(steps))).toEqual(
      [...prepared, ...first, ...second].map((name) => `replace-worker.${name}`),
    );
  });

  test("leaves the start of an old container to the step that had stopped it", async () => {
    const operations = await operationsOf("  - stop: [app]\n  - replace: { target: app, image: image:2 }");
    const stops = operations.filter(({ kind }) => kind === "stop-container");
    expect(stops).toMatchObject([{ wasRunning: true }, { wasRunning: false }]);
  });

  test("keeps the image that it has when it is to get none, by the name that still means it", async () => {
    const create = async (images?: World["images"]) =>
      (await operationsOf("  - replace: { target: app }", images && { images })).find(
        ({ kind }) => kind === "create-container",
      );
    expect(await create()).toMatchObject({ image: "image:latest" });
    const moved = { "sha256:image": IMAGE, "image:latest": { ...IMAGE, Id: "sha256:other" } };
    expect(await create(moved)).toMatchObject({ image: "sha256:image" });
  });

  test("gives one beside a number of its own, for Compose", async () => {
    const labels = {
      "com.docker.compose.project": "p",
      "com.docker.compose.service": "s",
      "com.docker.compose.container-number": "3",
    };
    const operations = await operationsOf("  - replace: { target: app, image: image:2, mode: beside }", {
      labels,
    });
    expect(operations[1]).toMatchObject({
      name: "app-r1",
      change: { labels: { "com.docker.compose.container-number": "4", "holdgate.name": "app" } },
    });
  });

  test("stops a process as it ran, and starts it as the plan describes it", async () => {
    expect(await operationsOf("  - replace: { target: cmd }")).toMatchObject([
      { kind: "stop-process", name: "cmd", before: { command: ["old"] }, graceMs: 5000 },
      { kind: "start-process", name: "cmd", process: { command: ["new"] } },
    ]);
  });
});

describe("what is refused", () => {
  const replace = "  - replace: { target: app, image: image:2 }";
  const swarm = { "com.docker.swarm.task.id": "t", "com.docker.swarm.service.name": "web" };
  const keepers: Neighbours = { dependents: [], keepers: [{ id: "id-app", name: "app", what: "gateway" }] };

  test.each<[string, string, World, string]>([
    ["a container that is gone once it stops", replace, { host: { AutoRemove: true } }, "started with --rm"],
    ["stopping such a one", "  - stop: [app]", { host: { AutoRemove: true } }, "recreate it without --rm"],
    ["a task of Swarm", replace, { labels: swarm }, "is a task of the Swarm service web"],
    ["pausing a task of Swarm", "  - pause: [app]", { labels: swarm }, 'use "update" or "scale"'],
    ["one whose image is gone", replace, { images: {} }, "set assumeAllExplicit: true"],
    [
      "the gateway itself",
      replace,
      { neighbours: keepers },
      "app is the gateway that carries out this upgrade",
    ],
    [
      "the same container twice",
      `${replace}\n  - id: again\n    replace: { target: app }`,
      {},
      "replaced already",
    ],
    ["pausing what does not run", "  - stop: [app]\n  - pause: [app]", {}, "does not run"],
    ["pausing a process", "  - pause: [cmd]", {}, "is a process"],
    ["a process beside itself", "  - replace: { target: cmd, mode: beside }", {}, "a target of its own"],
  ])("%s", async (_, steps, world, text) => {
    await expect(operationsOf(steps, world)).rejects.toThrow(text);
  });

  test("retiring what may still serve, because its replacement depends on a condition", async () => {
    const beside = "  - replace: { target: app, image: image:2, mode: beside }\n    when: migrated\n";
    await expect(operationsOf(`${beside}  - retire: { target: app }`)).rejects.toThrow(
      'give this step the same "when"',
    );
    const same = await operationsOf(`${beside}  - retire: { target: app }\n    when: migrated`);
    expect(ids(same)).toContain("retire-app.stop-old");
  });

  test("an image that is gone is no hindrance when everything counts as explicit", async () => {
    const steps = "  - replace: { target: app, image: image:2, assumeAllExplicit: true }";
    expect(ids(await operationsOf(steps, { images: {} }))[0]).toBe("replace-app.create-new");
  });
});

describe("neighbours", () => {
  test("are those that share something by id, and those that carry out the upgrade", () => {
    const vpn = containerOf("vpn", {});
    const inside = containerOf("inside", {
      host: { NetworkMode: "container:id-vpn", PidMode: "container:vpn" },
    });
    const linked = containerOf("linked", { host: { Links: ["/vpn:/linked/alias"] } });
    const { dependents, keepers } = neighboursOf([vpn, inside, linked], {
      ownId: "id-inside",
      gateway: { host: "vpn", port: 9180 },
    });
    expect(dependents).toEqual([
      { id: "id-inside", name: "inside", on: "id-vpn", by: "network" },
      { id: "id-inside", name: "inside", on: "id-vpn", by: "processes" },
      { id: "id-linked", name: "linked", on: "id-vpn", by: "link" },
    ]);
    expect(keepers.map(({ name, what }) => [name, what])).toEqual([
      ["vpn", "gateway"],
      ["inside", "runner"],
    ]);
  });
});
