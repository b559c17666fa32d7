import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeToken } from "../../../src/admin/tokens/token-file.ts";
import { Tokens } from "../../../src/admin/tokens/tokens.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { temporaryDirectory } from "../support/open-admin.ts";

const NOW = Date.UTC(2026, 0, 1);
const clock = new ManualClock(NOW);

function firstToken(dataDir: string): string {
  return readFileSync(join(dataDir, "admin.token"), "utf8").trim();
}

describe("the first start", () => {
  it("makes one token of the scope operate, for the owner's eyes only", async () => {
    const dataDir = join(temporaryDirectory(), "not", "there", "yet");
    const tokens = await Tokens.open(dataDir, clock);
    expect(tokens.verify(firstToken(dataDir))).toMatchObject({ actor: "admin", scope: "operate" });
    const modes = readdirSync(dataDir).map(
      (name) => `${name} ${(statSync(join(dataDir, name)).mode & 0o777).toString(8)}`,
    );
    expect(modes.toSorted()).toEqual(["admin.token 600", "tokens.json 600"]);
  });

  it("stores a hash, not the token", async () => {
    const dataDir = temporaryDirectory();
    await Tokens.open(dataDir, clock);
    expect(readFileSync(join(dataDir, "tokens.json"), "utf8")).not.toContain(firstToken(dataDir));
  });

  it("begins anew when it was interrupted before the hash was stored", async () => {
    const dataDir = temporaryDirectory();
    writeFileSync(join(dataDir, "admin.token"), "holdgate_of-an-interrupted-start\n");
    const tokens = await Tokens.open(dataDir, clock);
    expect(tokens.verify("holdgate_of-an-interrupted-start")).toBeUndefined();
    expect(tokens.verify(firstToken(dataDir))).toBeDefined();
  });
});

describe("a later start", () => {
  it("knows the same tokens", async () => {
    const dataDir = temporaryDirectory();
    await Tokens.open(dataDir, clock);
    const token = firstToken(dataDir);
    const again = await Tokens.open(dataDir, clock);
    expect(again.verify(token)).toBeDefined();
    expect(firstToken(dataDir)).toBe(token);
  });

  it("knows each token by its name and scope, and no others", async () => {
    const dataDir = temporaryDirectory();
    const [alice, prometheus] = [
      makeToken({ name: "alice", scope: "operate", expiresAt: null }, NOW),
      makeToken({ name: "prometheus", scope: "read", expiresAt: null }, NOW),
    ];
    const file = { format: 1, tokens: [alice.stored, prometheus.stored] };
    writeFileSync(join(dataDir, "tokens.json"), JSON.stringify(file));
    const tokens = await Tokens.open(dataDir, clock);
    expect(tokens.verify(alice.token)).toMatchObject({ actor: "alice", scope: "operate" });
    expect(tokens.verify(prometheus.token)).toMatchObject({ actor: "prometheus", scope: "read" });
    for (const wrong of ["", "holdgate_", alice.token.slice(0, -1), `${alice.token} `, alice.stored.hash]) {
      expect(tokens.verify(wrong)).toBeUndefined();
    }
  });

  it.each([
    ["half a file", '{"format": 1, "tok'],
    ["another format", '{"format": 2, "tokens": []}'],
    [
      "a hash of the wrong length",
      '{"format":1,"tokens":[{"name":"a","scope":"read","hash":"ab","createdAt":""}]}',
    ],
  ])("stops at %s, and leaves it as it is", async (_what, text) => {
    const dataDir = temporaryDirectory();
    const path = join(dataDir, "tokens.json");
    writeFileSync(path, text);
    const failure = Tokens.open(dataDir, clock);
    await expect(failure).rejects.toMatchObject({ code: "state_unreadable" });
    await expect(failure).rejects.toThrow(/tokens\.json: .*remove the file to have a new token made/s);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(readdirSync(dataDir)).toEqual(["tokens.json"]);
  });
});
