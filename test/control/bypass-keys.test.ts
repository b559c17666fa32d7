import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BypassKeys } from "../../src/control/bypass-keys.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("a service's key is made when it is first asked for, and found again", async () => {
  const dataDir = await temporaryDirectory();
  const keys = await BypassKeys.open(dataDir);
  expect(keys.keyOf("chat")).toBeUndefined();
  const [first, second] = await Promise.all([keys.keyFor("chat"), keys.keyFor("chat")]);
  expect(second).toEqual(first);
  const wiki = await keys.keyFor("wiki");
  const again = await BypassKeys.open(dataDir);
  expect([again.keyOf("chat"), again.keyOf("wiki")]).toEqual([first, wiki]);
  expect(wiki).not.toEqual(first);
});

test("a revoked key stays away, and the others stay", async () => {
  const dataDir = await temporaryDirectory();
  const keys = await BypassKeys.open(dataDir);
  const first = await keys.keyFor("chat");
  await keys.keyFor("wiki");
  expect(await keys.revoke("chat")).toBe(true);
  expect(await keys.revoke("chat")).toBe(false);
  const again = await BypassKeys.open(dataDir);
  expect(again.keyOf("chat")).toBeUndefined();
  expect(again.keyOf("wiki")).toBeDefined();
  expect(await again.keyFor("chat")).not.toEqual(first);
});

test.each(["", "{", '{"format":1,"keys":{"chat":"short"}}', '{"format":2,"keys":{}}'])(
  "a file that says %j stops the start, and names the way out",
  async (text) => {
    const dataDir = await temporaryDirectory();
    await writeFile(join(dataDir, "bypass.json"), text);
    await expect(BypassKeys.open(dataDir)).rejects.toMatchObject({
      code: "state_unreadable",
      message: expect.stringMatching(/bypass\.json; put back a copy, or remove it/),
    });
  },
);

test("a key that cannot be kept is not used", async () => {
  const dataDir = await temporaryDirectory();
  const keys = await BypassKeys.open(join(dataDir, "missing"));
  await expect(keys.keyFor("chat")).rejects.toMatchObject({ code: "state_unwritable" });
  expect(keys.keyOf("chat")).toBeUndefined();
});
