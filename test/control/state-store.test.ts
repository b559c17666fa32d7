import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, describe, expect, test } from "vitest";
import { StateStore } from "../../src/control/state-store.ts";
import { chatState } from "./fixtures.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function opened(directory: string): Promise<StateStore> {
  const store = await StateStore.open(directory);
  onTestFinished(() => store.close());
  return store;
}

const VALID = JSON.stringify(chatState());

test("what is written is what is read", async () => {
  const store = await opened(temporaryDirectory());
  expect(await store.read()).toBeNull();
  await store.write(chatState());
  expect(await store.read()).toEqual(chatState());
});

test("only the owner can enter the directory it makes, or read the state", async () => {
  const directory = join(temporaryDirectory(), "new", "data");
  const store = await opened(directory);
  await store.write(chatState());
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, "state.json")).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory).toSorted()).toEqual(["lock", "state.json"]);
});

test("temporary files of a killed process are removed, and nothing else", async () => {
  const directory = temporaryDirectory();
  for (const name of ["state.json.0123.tmp", "admin.token", "state.json.bak", "notes.tmp"]) {
    writeFileSync(join(directory, name), "{");
  }
  await opened(directory);
  expect(readdirSync(directory).toSorted()).toEqual(["admin.token", "lock", "notes.tmp", "state.json.bak"]);
});

describe("a state file that cannot be read", () => {
  const remedy =
    "it was left as it is; put a good copy in its place, or move it away to start from the config";

  test.each([
    ["is empty", "", "Unexpected end of JSON input"],
    ["is cut short", VALID.slice(0, 40), /JSON at position 40/],
    ["is of a later format", VALID.replace('"format":1', '"format":2'), "format: Invalid input: expected 1"],
    [
      "has an unknown key",
      VALID.replace('"mode"', '"extra":1,"mode"'),
      'services.chat: Unrecognized key: "extra"',
    ],
    ["has an unknown mode", VALID.replace('"open"', '"closed"'), /^services\.chat\.mode\.name: Invalid/],
    ["is a list", "[]", /^the whole file: Invalid input: expected object/],
  ])("because it %s is named with place and remedy, and keeps each byte", async (_title, text, reason) => {
    const directory = temporaryDirectory();
    const path = join(directory, "state.json");
    writeFileSync(path, text);
    const store = await opened(directory);
    const error: unknown = await store.read().catch((error: unknown) => error);
    const message = error instanceof Error ? error.message : "";
    const start = `cannot read the state in ${path}: `;
    expect(error).toMatchObject({ code: "state_unreadable" });
    expect(message.startsWith(start) && message.endsWith(`; ${remedy}`)).toBe(true);
    expect(message.slice(start.length, -remedy.length - 2)).toMatch(reason);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("because it is a directory is refused likewise", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "state.json"));
    const store = await opened(directory);
    await expect(store.read()).rejects.toMatchObject({ code: "state_unreadable" });
  });
});

describe("a disk that does not take the state", () => {
  test("is found out when the directory cannot be made", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    await expect(StateStore.open(join(file, "data"))).rejects.toMatchObject({
      code: "state_unwritable",
      message: expect.stringMatching(
        new RegExp(`^cannot use the dataDir ${file}/data: ENOTDIR.*; nothing was changed; check`),
      ),
    });
  });

  test("fails the write and leaves the old state", async () => {
    const directory = temporaryDirectory();
    let full = false;
    const store = await StateStore.open(directory, (step) => {
      if (full && step === "written") throw new Error("ENOSPC: no space left on device");
    });
    onTestFinished(() => store.close());
    await store.write(chatState());
    full = true;
    const next = { ...chatState(), version: 2 };
    await expect(store.write(next)).rejects.toMatchObject({ code: "state_unwritable" });
    expect(await store.read()).toEqual(chatState());
    expect(readdirSync(directory).toSorted()).toEqual(["lock", "state.json"]);
  });

  test("fails the write when the directory is gone", async () => {
    const directory = join(temporaryDirectory(), "data");
    const store = await opened(directory);
    rmSync(directory, { recursive: true });
    await expect(store.write(chatState())).rejects.toMatchObject({ code: "state_unwritable" });
    expect(existsSync(directory)).toBe(false);
  });
});

test("a state that could not be read back is not written", async () => {
  const store = await opened(temporaryDirectory());
  const broken = chatState({ slots: { active: "", candidate: null, previous: null } });
  await expect(store.write(broken)).rejects.toMatchObject({ code: "internal" });
  expect(await store.read()).toBeNull();
});
