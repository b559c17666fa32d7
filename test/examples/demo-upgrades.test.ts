import { expect, test } from "vitest";
import type { Stage } from "../../examples/demo/stage.ts";
import { upgradeBlueGreen } from "../../examples/demo/upgrade-blue-green.ts";
import { upgradeInPlace } from "../../examples/demo/upgrade-in-place.ts";
import { checkPlan } from "../../src/upgrade/plan/read-plan.ts";
import { readFile } from "node:fs/promises";

/** A stage that only writes down which plans are carried out on it. */
function recordingStage(refuse: (plan: string) => boolean = () => false) {
  const log: [plan: string, vars: Readonly<Record<string, string>>][] = [];
  const stage: Stage = {
    async upgrade(plan, vars) {
      log.push([plan, vars]);
      if (refuse(plan)) throw new Error("rolled back");
    },
    ports: { blue: 1001, green: 1002 },
    active: "blue",
    version: "1.0.0",
  };
  return { stage, log };
}

const nothing = (): void => {};

test("in place, the upstream in use gets the other version on its own port", async () => {
  const { stage, log } = recordingStage();
  await upgradeInPlace(stage, nothing);
  expect(log).toEqual([["in-place", { version: "2.0.0", to: "blue", port: "1001" }]]);
  expect(stage).toMatchObject({ active: "blue", version: "2.0.0" });
});

test("blue/green, the two take turns", async () => {
  const { stage, log } = recordingStage();
  await upgradeBlueGreen(stage, nothing);
  await upgradeBlueGreen(stage, nothing);
  expect(log).toEqual([
    ["blue-green", { version: "2.0.0", from: "blue", to: "green", port: "1002" }],
    ["blue-green", { version: "1.0.0", from: "green", to: "blue", port: "1001" }],
  ]);
  expect(stage).toMatchObject({ active: "blue", version: "1.0.0" });
});

test("an upgrade that is rolled back leaves the stage as it was", async () => {
  const { stage } = recordingStage(() => true);
  await expect(upgradeBlueGreen(stage, nothing)).rejects.toThrow("rolled back");
  await expect(upgradeInPlace(stage, nothing)).rejects.toThrow("rolled back");
  expect(stage).toMatchObject({ active: "blue", version: "1.0.0" });
});

test.each(["start", "in-place", "blue-green"])("the plan %s has no mistake", async (name) => {
  const file = new URL(`../../examples/demo/plans/${name}.yaml`, import.meta.url);
  expect(checkPlan(await readFile(file, "utf8"), `${name}.yaml`).steps.length).toBeGreaterThan(1);
});
