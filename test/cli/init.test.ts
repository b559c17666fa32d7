import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSandbox } from "../support/docker/sandbox.ts";
import { readTree } from "../support/read-tree.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { runHoldgate } from "../support/run-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

it("without an engine it says what it tried, and writes nothing", async () => {
  const cwd = await temporaryDirectory();
  const { code, stderr } = await runHoldgate(["init", "--docker", "no-such.sock"], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain("no-such.sock");
  expect(await readTree(cwd)).toEqual({});
});

describe.skipIf(whyLeftOut("docker") !== null)("holdgate init", { timeout: 60_000 }, () => {
  const sandbox = openSandbox("init verb");
  const name = sandbox.name("chat");

  beforeAll(async () => {
    const { ref } = await sandbox.image("image", { base: "busybox", tag: "1.0", files: {}, config: {} });
    await sandbox.run("chat", { image: ref, command: ["sleep", "3600"] });
  }, 60_000);

  afterAll(() => sandbox.close());

  it("writes a config and a plan, and says how to go on", async () => {
    const cwd = await temporaryDirectory();
    const { code, stdout } = await runHoldgate(["init", name, "--port", "8080"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("Written: config/holdgate.yaml");
    expect(stdout).toContain("holdgate upgrade upgrade.yaml --var version=NEW --dry-run");
    expect(await readFile(join(cwd, "upgrade.yaml"), "utf8")).toContain(`container: ${name}`);
    expect((await runHoldgate(["check"], { cwd })).code).toBe(0);
  });

  it("leaves both files as they are when one of them is there, unless it is forced", async () => {
    const cwd = await temporaryDirectory();
    await runHoldgate(["init", name, "--port", "8080"], { cwd });
    const before = await readTree(cwd);
    const again = await runHoldgate(["init", name, "--port", "9090"], { cwd });
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("config/holdgate.yaml is there already and stays as it is");
    expect(await readTree(cwd)).toEqual(before);
    const forced = await runHoldgate(["init", name, "--port", "9090", "--force", "--json"], { cwd });
    expect(JSON.parse(forced.stdout)).toMatchObject({ app: name, plan: "upgrade.yaml" });
  });
});
