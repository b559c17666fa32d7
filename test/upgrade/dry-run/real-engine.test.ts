// What a dry run asks of a real engine, seen from between the two.

import { join } from "node:path";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../../src/docker/connect-engine.ts";
import { renderDryRun } from "../../../src/upgrade/dry-run/render-dry-run.ts";
import { EngineProxy } from "../../support/docker/engine-proxy.ts";
import { busyboxImage } from "../../support/docker/images.ts";
import { openSandbox } from "../../support/docker/sandbox.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { dryRunOf } from "./dry-run-of.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("dry-run");

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});

test("a dry run calls reading endpoints only, and leaves containers and images as they were", async () => {
  const { ref } = await busyboxImage();
  await sandbox.run("app", { image: ref, command: ["sleep", "600"], env: { PASSWORD: "hunter2" } });
  const before = await sandbox.inspect(sandbox.name("app"));
  const proxy = await EngineProxy.start(join(await temporaryDirectory(), "engine.sock"));
  onTestFinished(() => proxy.close());
  const engine = connectEngine({ socketPath: proxy.socketPath });
  onTestFinished(() => engine.close());

  const plan = `name: x
targets: { app: { container: ${sandbox.name("app")} } }
steps:
  - pull: 127.0.0.1:9/app:2
  - hold:
  - replace: { target: app, image: "127.0.0.1:9/app:2" }
  - release:
`;
  const text = renderDryRun(await dryRunOf(plan, engine));
  expect(text).toContain(`docker: create the container ${sandbox.name("app")}.holdgate-new-r1`);
  expect(text).toContain("127.0.0.1:9/app:2: not here; the registry does not say");
  expect(text).not.toContain("hunter2");
  expect(proxy.calls.length).toBeGreaterThan(3);
  expect(proxy.writes).toEqual([]);
  expect(await sandbox.inspect(sandbox.name("app"))).toEqual(before);
});
