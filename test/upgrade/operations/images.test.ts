import { describe, expect, test } from "vitest";
import { EngineError } from "../../../src/docker/engine-error.ts";
import { loadImage, pullImage, tagImage } from "../../../src/upgrade/operations/images.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { performContext } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

const pull = {
  ...common("pull.pull"),
  kind: "pull-image",
  image: "app:2",
  digest: null,
  platform: null,
  before: "sha256:old",
} as const;

describe("pulling", () => {
  test("that its registry refuses says what to do, and names no credentials", async () => {
    const engine = new FakeEngine();
    const error = new EngineError("denied", 401, "pull app:2: unauthorized");
    engine.failNth(1, "images.pull", { error });
    const registryAuth = async () => ({ username: "u", password: "s3cret-value" });
    const run = pullImage.perform(pull, performContext({ engine, run: { registryAuth } }));
    await expect(run).rejects.toThrow(/app:2: its registry wants credentials.*not accepted.*registries/);
    await expect(run).rejects.not.toThrow("s3cret");
  });

  test("is undone by giving the name back to the image of before, also when its outcome is not known", () => {
    const back = { kind: "tag-image", image: "sha256:old", tag: "app:2" };
    expect(pullImage.inverse(pull, undefined)).toMatchObject([back]);
    expect(pullImage.inverse({ ...pull, before: null }, undefined)).toEqual([]);
  });
});

test("a tag that was not there before is taken off again", () => {
  const tag = {
    ...common("keep.tag"),
    kind: "tag-image",
    image: "sha256:old",
    tag: "holdgate/rollback:r-app",
    before: null,
  } as const;
  expect(tagImage.inverse(tag, undefined)).toMatchObject([
    { kind: "untag-image", tag: "holdgate/rollback:r-app" },
  ]);
});

test("a file that is not there is named", async () => {
  const context = performContext({ engine: new FakeEngine(), run: { planDirectory: "/nowhere" } });
  const load = {
    ...common("load.load"),
    kind: "load-image",
    file: "app.tar",
    image: "app:2",
    before: null,
  } as const;
  await expect(loadImage.perform(load, context)).rejects.toThrow("cannot read /nowhere/app.tar");
});
