import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { redactFile } from "../../../src/upgrade/operations/redact-file.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const redact = (text: string): string => text.replaceAll("s3cret-value", "***");

test("what a command has said of a secret is taken out, wherever its parts came to lie", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "stdout");
  const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number} é s3cret-value\n`);
  await writeFile(path, `${lines.join("")}no end s3cret-value`, { mode: 0o600 });
  await redactFile(path, redact);
  expect(await readFile(path, "utf8")).toBe(redact(`${lines.join("")}no end s3cret-value`));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["stdout"]);
});

test("a file without a secret stays the one it is, byte for byte", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "stdout");
  const bytes = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
  await writeFile(path, bytes);
  const { ino } = await stat(path);
  await redactFile(path, redact);
  expect(await readFile(path)).toEqual(bytes);
  expect((await stat(path)).ino).toBe(ino);
  expect(await readdir(directory)).toEqual(["stdout"]);
});
