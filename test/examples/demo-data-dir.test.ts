import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDataDir } from "../../examples/demo/data-dir.ts";

let directory: string;
let wanted: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "demo-data-"));
  wanted = join(directory, "data");
});

afterEach(() => rmSync(directory, { recursive: true }));

test("a free directory is taken, and the command line needs no address", () => {
  const { path, cli, remove } = makeDataDir(wanted);
  expect(path).toBe(wanted);
  expect(cli).toBe(join("bin", "holdgate"));
  remove();
  expect(existsSync(wanted)).toBe(false);
});

test("what a demo that was killed has left is cleared away", () => {
  mkdirSync(wanted);
  writeFileSync(join(wanted, ".demo"), "999999999");
  writeFileSync(join(wanted, "state.json"), "{}");
  expect(makeDataDir(wanted).path).toBe(wanted);
  expect(existsSync(join(wanted, "state.json"))).toBe(false);
});

test.each([
  ["somebody else", "state.json", "{}"],
  ["a demo that still runs", ".demo", String(process.pid)],
])("the directory of %s is left alone, and the command line names the socket", (_, file, content) => {
  mkdirSync(wanted);
  writeFileSync(join(wanted, file), content);
  const { path, cli, remove } = makeDataDir(wanted);
  expect(path).not.toBe(wanted);
  expect(cli).toBe(`${join("bin", "holdgate")} --admin ${join(path, "admin.sock")}`);
  expect(readFileSync(join(wanted, file), "utf8")).toBe(content);
  remove();
});

test("a path that is too long for a unix socket is not taken", () => {
  const { path, remove } = makeDataDir(join(wanted, "x".repeat(100)));
  expect(path).not.toContain("xxx");
  remove();
});
