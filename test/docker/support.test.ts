// The ground that the tests with a real engine stand on.

import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { askEngine } from "../support/docker/call-engine.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox: Sandbox = openSandbox("support");

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});

async function outputOf(part: string, image: string, command: string[]): Promise<string> {
  const id = await sandbox.run(part, { image, command });
  await eventually(async () => expect((await sandbox.inspect(id))?.State.Status).toBe("exited"));
  return sandbox.logs(id);
}

describe("images made from nothing", () => {
  test("busybox has a shell and its applets", async () => {
    const { ref } = await sandbox.image("busybox", {
      base: "busybox",
      files: { "/greeting": "hello\n" },
      config: {},
    });
    expect(await outputOf("shell", ref, ["sh", "-c", "cat /greeting | tr a-z A-Z"])).toBe("HELLO\n");
  });

  test("node runs TypeScript as it is", async () => {
    const files = {
      "/app/main.ts": 'const version: string = process.versions.node;\nconsole.log("node", version);\n',
    };
    const { ref } = await sandbox.image("node", { files, config: { Cmd: ["node", "/app/main.ts"] } });
    expect(await outputOf("node", ref, ["node", "/app/main.ts"])).toBe(`node ${process.versions.node}\n`);
  });

  test("the same content is the same image, and a tag moves", async () => {
    const load = (content: string) =>
      sandbox.image("same", { base: "busybox", files: { "/v": content }, config: { Env: ["A=1"] } });
    const first = await load("1");
    const again = await load("1");
    const other = await load("2");
    expect(again).toEqual(first);
    expect(other.ref).toBe(first.ref);
    expect(other.id).not.toBe(first.id);
    const inspected = await askEngine<{ Id: string }>("GET", `/images/${first.ref}/json`);
    expect(inspected.Id).toBe(other.id);
  });
});
