// Pulls from a registry by a real engine, and what becomes of them when the registry misbehaves.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine, PullProgress, RegistryAuth } from "../../src/docker/engine.ts";
import { EngineProxy, onlyNth } from "../support/docker/engine-proxy.ts";
import { assembleImage, type ImageParts, layerOfFiles } from "../support/docker/image-parts.ts";
import { TestRegistry } from "../support/docker/registry.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const LAYER_BYTES = 2 ** 21;

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("pull");
let registry: TestRegistry;
let engine: Engine;

beforeAll(async () => {
  registry = await TestRegistry.start();
  engine = connectEngine();
});
afterAll(async () => {
  engine.close();
  registry.close();
  if (leftOut === null) await sandbox.close();
});
beforeEach(({ skip }) => {
  skip(leftOut !== null, leftOut ?? "");
  registry.credentials = null;
  registry.manifestStatus = null;
});

/** Of layers that no engine has seen before. */
async function freshImage(layers = 1): Promise<ImageParts> {
  const files = () => layerOfFiles({ "/data": randomBytes(LAYER_BYTES) });
  const made = await Promise.all(Array.from({ length: layers }, files));
  return assembleImage(null, made, { Cmd: ["/data"], Labels: sandbox.labels });
}

/** Pushed, with its only layer named. */
async function pushFresh(repository: string): Promise<{ ref: string; layer: string; id: string }> {
  const image = await freshImage();
  const { ref } = registry.push(sandbox.name(repository), "1", image);
  return { ref, layer: image.layers[0]?.diffId ?? "", id: image.id };
}

function pull(ref: string, auth: RegistryAuth | null = null): Promise<void> {
  return engine.images.pull(ref, { auth });
}

describe("a pull that succeeds", () => {
  test("reports its layers until all are there, and brings the image that was pushed", async () => {
    const image = await freshImage(2);
    const { ref, digest } = registry.push(sandbox.name("whole"), "1", image);
    const seen: PullProgress[] = [];
    await engine.images.pull(ref, { auth: null, onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ layers: 2, layersDone: 2 });
    const done = seen.map(({ layersDone }) => layersDone);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const pulled = await engine.images.inspect(ref);
    expect(pulled?.Id).toBe(image.id);
    expect(pulled?.RepoDigests).toContain(`${registry.host}/${sandbox.name("whole")}@${digest}`);
  });

  test("shows how far a slow layer has come while it comes", async () => {
    const { ref, layer } = await pushFresh("slow");
    const slow = registry.slowLayer(layer);
    const onItsWay = Promise.withResolvers<PullProgress>();
    const onProgress = (progress: PullProgress) => {
      if (progress.currentBytes > 0) onItsWay.resolve(progress);
    };
    const pulling = engine.images.pull(ref, { auth: null, onProgress });
    await slow.reached;
    const { currentBytes, totalBytes, layersDone } = await onItsWay.promise;
    expect(totalBytes).toBeGreaterThan(LAYER_BYTES);
    expect(currentBytes).toBeLessThan(totalBytes);
    expect(layersDone).toBe(0);
    slow.release();
    await pulling;
  });

  test("survives a connection that is cut in the middle of a layer", async () => {
    const { ref, layer, id } = await pushFresh("cut");
    registry.cutLayer(layer);
    await pull(ref);
    expect((await engine.images.inspect(ref))?.Id).toBe(id);
    expect(registry.countOf(layer)).toBe(2);
  });

  test("takes a moved tag to the image it means now, and leaves the old one", async () => {
    const old = await pushFresh("moved");
    await pull(old.ref);
    const moved = await pushFresh("moved");
    expect(moved.ref).toBe(old.ref);
    await pull(moved.ref);
    expect((await engine.images.inspect(moved.ref))?.Id).toBe(moved.id);
    expect((await engine.images.inspect(old.id))?.Id).toBe(old.id);
  });
});

describe("a pull that fails", () => {
  test("because a layer is corrupt rejects, though the engine said 200 long before", async () => {
    const { ref, layer } = await pushFresh("corrupt");
    registry.corruptLayer(layer);
    await expect(pull(ref)).rejects.toMatchObject({ kind: "failed", status: null });
    expect(await engine.images.inspect(ref)).toBeUndefined();
  });

  test("because the tag is missing says that there is none", async () => {
    const ref = registry.ref(sandbox.name("missing"), "9");
    await expect(pull(ref)).rejects.toMatchObject({ kind: "absent", message: expect.stringContaining(ref) });
  });

  test("because the registry is in trouble is a failure that may pass", async () => {
    const { ref } = await pushFresh("trouble");
    registry.manifestStatus = 500;
    await expect(pull(ref)).rejects.toMatchObject({ kind: "failed" });
  });

  test("because no registry listens is a failure that may pass", async () => {
    const gone = await TestRegistry.start();
    gone.close();
    await expect(pull(gone.ref(sandbox.name("gone"), "1"))).rejects.toMatchObject({ kind: "failed" });
  });

  test("because its caller gave up ends at once", async () => {
    const { ref, layer } = await pushFresh("aborted");
    const slow = registry.slowLayer(layer);
    const controller = new AbortController();
    const pulling = engine.images.pull(ref, { auth: null }, controller.signal);
    await slow.reached;
    controller.abort(new Error("enough"));
    await expect(pulling).rejects.toThrow(/enough|abort/i);
    slow.release();
    expect(await engine.images.inspect(ref)).toBeUndefined();
  });

  test("because the engine's answer breaks off rejects as unreachable", async () => {
    const { ref } = await pushFresh("broken");
    const proxy = await EngineProxy.start(join(await temporaryDirectory(), "engine.sock"));
    const behind = connectEngine({ socketPath: proxy.socketPath });
    onTestFinished(() => {
      behind.close();
      proxy.close();
    });
    proxy.rule = onlyNth(
      1,
      () => ({ kind: "lose-answer" }),
      ({ path }) => path.startsWith("/images/create"),
    );
    await expect(behind.images.pull(ref, { auth: null })).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("a registry that wants credentials", () => {
  const right = { username: "robot", password: "right-horse" };

  beforeEach(() => {
    registry.credentials = right;
  });

  test("denies a pull without any", async () => {
    const { ref } = await pushFresh("private-none");
    await expect(pull(ref)).rejects.toMatchObject({ kind: "denied" });
  });

  test("denies a pull with the wrong password, which is not repeated in the error", async () => {
    const { ref } = await pushFresh("private-wrong");
    const refusal = pull(ref, { username: "robot", password: "wrong-horse" });
    await expect(refusal).rejects.toMatchObject({
      kind: "denied",
      message: expect.not.stringContaining("wrong-horse"),
    });
  });

  test("lets a pull with the right ones through, and tells its digest without a pull", async () => {
    const image = await freshImage();
    const { ref, digest } = registry.push(sandbox.name("private-right"), "1", image);
    const found = await engine.images.distribution(ref, right);
    expect(found.digest).toBe(digest);
    expect(await engine.images.inspect(ref)).toBeUndefined();
    await pull(ref, right);
    expect((await engine.images.inspect(ref))?.Id).toBe(image.id);
  });
});
