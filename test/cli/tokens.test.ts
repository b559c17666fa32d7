import { describe, expect, it } from "vitest";
import { refuse } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

const ALICE = {
  name: "alice",
  scope: "operate",
  createdAt: "2026-01-01T12:30:00.125Z",
  expiresAt: "2026-04-01T12:30:00.125Z",
};
const ADMIN = { name: "admin", scope: "operate", createdAt: "2026-01-01T10:00:00.000Z", expiresAt: null };

describe("holdgate token create", () => {
  it("prints the token alone, so that it can be sent into a file, and the rest beside it", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("POST /admin/tokens", { ...ALICE, token: "holdgate_x" });
    const run = await holdgate(["token", "create", "alice", "--scope", "operate", "--expires", "90d"]);
    expect(run).toMatchObject({ code: 0, stdout: "holdgate_x\n" });
    expect(run.stderr).toContain("alice may operate until 2026-04-01T12:30:00.125Z");
    expect(admin.writes).toMatchObject([{ body: { name: "alice", scope: "operate", expires: "90d" } }]);
  });

  it("prints the answer as it is with --json", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("POST /admin/tokens", { ...ALICE, token: "holdgate_x" });
    const { stdout, stderr } = await holdgate(["token", "create", "alice", "--scope", "operate", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ ...ALICE, token: "holdgate_x" });
    expect(stderr).toBe("");
  });
});

describe("holdgate token list", () => {
  it("shows names, scopes and what has expired", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("GET /admin/tokens", {
      tokens: [ADMIN, { ...ALICE, expiresAt: "2000-01-01T00:00:00.000Z" }],
    });
    expect((await holdgate(["token", "list"])).stdout.split("\n")).toEqual([
      "NAME   SCOPE    MADE                     EXPIRES",
      "admin  operate  2026-01-01 10:00:00.000  never",
      "alice  operate  2026-01-01 12:30:00.125  2000-01-01 00:00:00.000 (expired)",
      "",
    ]);
  });
});

describe("holdgate token revoke", () => {
  it("says that it is done", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("DELETE /admin/tokens/alice", ALICE);
    expect(await holdgate(["token", "revoke", "alice"])).toEqual({
      code: 0,
      stdout: "token alice is revoked\n",
      stderr: "",
    });
  });

  it("fails with what the gateway says", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("DELETE /admin/tokens/a%2Fb", (response) =>
      refuse(response, 404, "unknown_token", "there is no token a/b"),
    );
    const { code, stderr } = await holdgate(["token", "revoke", "a/b"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "holdgate: there is no token a/b (unknown_token)\n",
    });
  });
});
