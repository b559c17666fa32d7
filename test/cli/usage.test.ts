import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runInProcess } from "../support/run-in-process.ts";
import { cliFixture } from "./cli-fixture.ts";

const VERBS = [
  "init",
  "run",
  "status",
  "maintenance on",
  "maintenance off",
  "maintenance cancel",
  "announce",
  "bypass",
  "hold",
  "release",
  "upstream put",
  "upstream remove",
  "candidate",
  "canary",
  "cutover",
  "rollback",
  "upgrade",
  "upgrade list",
  "upgrade show",
  "runner",
  "events",
  "webhook test",
  "audit",
  "token create",
  "token list",
  "token revoke",
  "check",
  "demo",
];

describe("a usage error leaves with exit code 2 and sends nothing", () => {
  it.each([
    ["no verb at all", []],
    ["an unknown verb", ["pause"]],
    ["an unknown option", ["hold", "--forever"]],
    ["an option without its value", ["hold", "--lease"]],
    ["a choice that is none", ["hold", "--on-lease-end", "panic"]],
    ["a state version that is no number", ["hold", "--if-match", "latest"]],
    ["a count that is no number", ["audit", "--limit", "0"]],
    ["a token without a scope", ["token", "create", "alice"]],
    ["a token of another scope", ["token", "create", "alice", "--scope", "admin"]],
    ["maintenance without on or off", ["maintenance"]],
    ["a maintenance at no time", ["maintenance", "on", "--at", "25:00", "--for", "5m"]],
    ["an announcement of nothing", ["announce"]],
    ["an announcement that is both made and withdrawn", ["announce", "Soon", "--off"]],
    ["an announcement for two times", ["announce", "Soon", "--in", "5m", "--at", "02:00"]],
    ["an upstream without an address", ["upstream", "put", "green"]],
    ["a candidate without a name", ["candidate"]],
    ["a canary without a percentage", ["canary"]],
    ["a canary of more than all", ["canary", "101"]],
    ["a canary of half a percent", ["canary", "0.5"]],
    ["a candidate both set and cleared", ["candidate", "green", "--clear"]],
    ["an upgrade of nothing", ["upgrade"]],
    ["an upgrade that is both new and resumed", ["upgrade", "plan.yaml", "--resume"]],
    ["a dry run of a rollback", ["upgrade", "--rollback", "20260101-000000-aaaa", "--dry-run"]],
    ["a dry run of a resume", ["upgrade", "--resume", "--dry-run"]],
    ["a resume with other variables", ["upgrade", "--resume", "--var", "version=2"]],
    ["a variable without a value", ["upgrade", "plan.yaml", "--var", "version"]],
    ["a run without its id", ["upgrade", "show"]],
    ["a surplus argument", ["release", "chat"]],
    ["an admin address of another scheme", ["status", "--admin", "ftp://127.0.0.1"]],
    ["an admin address with a path", ["status", "--admin", "http://127.0.0.1/admin"]],
  ])("%s", async (_what, args) => {
    const { admin, cwd } = await cliFixture();
    const { code, stdout, stderr } = await runInProcess(args, { HOLDGATE_DATA_DIR: join(cwd, "data") });
    expect({ code, stdout, seen: admin.seen }).toEqual({ code: 2, stdout: "", seen: [] });
    expect(stderr).not.toBe("");
  });

  it("says what is wrong and where to look", async () => {
    const { stderr } = await runInProcess(["hold", "--forever"]);
    expect(stderr).toBe("holdgate: unknown option '--forever'\nAdd --help to see what is possible.\n");
  });

  it("prints a problem object with --json", async () => {
    const { code, stdout } = await runInProcess(["hold", "--forever", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ code: "bad_request", detail: "unknown option '--forever'" });
  });
});

describe("help", () => {
  it.each(VERBS)("holdgate %s --help gives an example of it", async (verb) => {
    const { code, stdout } = await runInProcess([...verb.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`\nExamples?:\n  holdgate ${verb}`));
  });

  it("lists every verb, and none that comes later", async () => {
    const { stdout } = await runInProcess(["--help"]);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+)(?= )/gm)].map(([, verb]) => verb);
    expect(listed).toEqual([...new Set(VERBS.map((verb) => verb.split(" ")[0])), "help"]);
  });

  it("--version prints the version of the package", async () => {
    const { code, stdout } = await runInProcess(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

it("bin/holdgate finds a Node that can run it", async () => {
  const bin = fileURLToPath(new URL("../../bin/holdgate", import.meta.url));
  const { stdout } = await promisify(execFile)(bin, ["--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
