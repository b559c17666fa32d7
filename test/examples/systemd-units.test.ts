// The units of examples/systemd, as systemd's own checker reads them. Only the place of the program is exchanged, which
// must be there.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { runHoldgate } from "../support/run-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/holdgate", import.meta.url));
const INSTALLED = "/usr/local/bin/holdgate";
const leftOut = whyLeftOut("systemd");

describe.each([
  // The runner has the engine's socket: it is as good as root, whatever else it is not.
  { unit: "holdgate.service", mostExposed: 1.6 },
  { unit: "holdgate-runner.service", mostExposed: 2.5 },
])("examples/systemd/$unit", ({ unit, mostExposed }) => {
  it.skipIf(leftOut !== null)("has nothing that systemd does not know", async () => {
    const file = await placedUnit(unit);
    const { status, stdout, stderr } = analyze("verify", "--man=no", file);
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  });

  it.skipIf(leftOut !== null)("lets the program do little", async () => {
    const file = await placedUnit(unit);
    const security = ["security", "--offline=true", "--no-pager", `--threshold=${mostExposed * 10}`];
    const { status, stdout } = analyze(...security, file);
    expect({ status, said: status === 0 ? "" : stdout }).toEqual({ status: 0, said: "" });
  });

  it("starts a command that there is, and keeps its data where it may write", async () => {
    const [program, ...args] = valueOf(unit, "ExecStart").split(" ");
    expect(program).toBe(INSTALLED);
    const { code, stdout } = await runHoldgate([...args, "--help"], { cwd: await temporaryDirectory() });
    expect(code).toBe(0);
    for (const option of args.filter((word) => word.startsWith("--"))) expect(stdout).toContain(option);
    const dataDir = `/var/lib/${valueOf(unit, "StateDirectory")}`;
    expect(textOf(unit)).toContain(`\nEnvironment=HOLDGATE_DATA_DIR=${dataDir}\n`);
  });
});

it("systemd waits longer for the gateway's end than the gateway waits for its requests", () => {
  const yaml = 'services: { chat: { upstreams: { blue: "http://127.0.0.1:3000" } } }';
  const { shutdownGraceMs } = parseConfig(yaml, "holdgate.yaml", {});
  const patienceMs = Number.parseInt(valueOf("holdgate.service", "TimeoutStopSec"), 10) * 1000;
  expect(patienceMs).toBeGreaterThan(shutdownGraceMs + 5000);
});

function textOf(unit: string): string {
  return readFileSync(new URL(`../../examples/systemd/${unit}`, import.meta.url), "utf8");
}

function valueOf(unit: string, key: string): string {
  const value = new RegExp(`^${key}=(.*)$`, "m").exec(textOf(unit))?.[1];
  if (value === undefined) throw new Error(`${unit} has no ${key}`);
  return value;
}

async function placedUnit(unit: string): Promise<string> {
  const file = join(await temporaryDirectory(), unit);
  await writeFile(file, textOf(unit).replaceAll(INSTALLED, PROGRAM));
  return file;
}

function analyze(...args: string[]) {
  return spawnSync("systemd-analyze", args, { encoding: "utf8", timeout: 20_000 });
}
