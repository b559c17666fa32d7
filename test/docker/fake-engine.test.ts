// The fake engine behaves as the real one where tests rely on it.

import { describe, expect, test } from "vitest";
import { FakeEngine } from "../support/docker/fake-engine.ts";

function engineWithApp(): FakeEngine {
  const engine = new FakeEngine();
  engine.images.add("chat:1", "sha256:one", { Env: ["A=1", "B=2"] });
  return engine;
}

function body(address: string): { Image: string; Env: string[]; NetworkingConfig: never } {
  const NetworkingConfig = { EndpointsConfig: { net: { IPAMConfig: { IPv4Address: address } } } };
  return JSON.parse(JSON.stringify({ Image: "chat:1", Env: ["A=3"], NetworkingConfig }));
}

describe("the fake engine", () => {
  test("lets two containers have one address as long as one of them stands still", async () => {
    const engine = engineWithApp();
    const first = await engine.containers.create({ name: "first", body: body("10.0.0.2") });
    const second = await engine.containers.create({ name: "second", body: body("10.0.0.2") });
    await engine.containers.start(first);
    await expect(engine.containers.start(second)).rejects.toMatchObject({ kind: "conflict", status: 403 });
    await engine.containers.stop(first, { timeoutS: null });
    await engine.containers.start(second);
    expect(engine.containers.find("second")?.inspect.State.Status).toBe("running");
  });

  test("puts the environments of container and image together", async () => {
    const engine = engineWithApp();
    const id = await engine.containers.create({ name: "app", body: body("10.0.0.2") });
    expect((await engine.containers.inspect(id))?.Config.Env).toEqual(["A=3", "B=2"]);
  });

  test("records calls, and fails the one that a test picks, carried out or not", async () => {
    const engine = engineWithApp();
    engine.containers.add({ name: "app" });
    engine.failNth(1, "containers.stop");
    await expect(engine.containers.stop("app", { timeoutS: null })).rejects.toMatchObject({
      kind: "unreachable",
    });
    expect(engine.containers.find("app")?.inspect.State.Running).toBe(true);
    engine.failNth(1, "containers.stop", { carriedOut: true });
    await expect(engine.containers.stop("app", { timeoutS: null })).rejects.toMatchObject({
      kind: "unreachable",
    });
    expect(engine.containers.find("app")?.inspect.State.Running).toBe(false);
    expect(engine.writes).toEqual(["containers.stop", "containers.stop"]);
  });

  test("a wait ends when the test lets the process end", async () => {
    const engine = engineWithApp();
    engine.containers.add({ name: "app" });
    const waiting = engine.containers.wait("app");
    engine.containers.exit("app", 9);
    expect(await waiting).toBe(9);
  });

  test("a service is updated only from its latest version", async () => {
    const engine = engineWithApp();
    const spec = { Name: "chat", Labels: {}, TaskTemplate: { ContainerSpec: { Image: "chat:1" } }, Mode: {} };
    const { ID, Version } = engine.services.add(spec);
    await engine.services.update(ID, Version.Index, spec, null);
    await expect(engine.services.update(ID, Version.Index, spec, null)).rejects.toMatchObject({
      kind: "conflict",
    });
  });
});
