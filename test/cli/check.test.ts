import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runHoldgate } from "../support/run-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const VALID =
  "listen: [127.0.0.1:8080, '[::1]:8081']\nservices: { chat: { upstreams: { blue: http://127.0.0.1:3000 } } }\n";
const INVALID = "services: { chat: { upstrems: { blue: http://127.0.0.1:3000 } } }\nlistn: 1\n";

it("a valid config is summed up in one line", async () => {
  const cwd = await temporaryDirectory();
  await mkdir(join(cwd, "config"));
  await writeFile(join(cwd, "config/holdgate.yaml"), VALID);
  expect(await runHoldgate(["check"], { cwd })).toEqual({
    code: 0,
    stdout: "config/holdgate.yaml is valid: 1 service (chat), listening on 127.0.0.1:8080, [::1]:8081\n",
    stderr: "",
  });
});

it("an invalid config is refused with all of its problems", async () => {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, "own.yaml"), INVALID);
  const { code, stdout, stderr } = await runHoldgate(["check", "--config", "own.yaml"], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^holdgate: The configuration is invalid \(config_invalid\)\n/);
  expect(stderr).toContain("upstrems");
  expect(stderr).toContain("listn");
});

it("with --json the verdict is an object either way", async () => {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, "good.yaml"), VALID);
  await writeFile(join(cwd, "bad.yaml"), INVALID);
  const good = await runHoldgate(["check", "--config", "good.yaml", "--json"], { cwd });
  expect(JSON.parse(good.stdout)).toMatchObject({ valid: true, file: "good.yaml", services: ["chat"] });
  const bad = await runHoldgate(["check", "--config", "bad.yaml", "--json"], { cwd });
  expect(JSON.parse(bad.stdout)).toMatchObject({ code: "config_invalid" });
  expect(bad.code).toBe(1);
});
