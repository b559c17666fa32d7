import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newTokenAnswer, tokensAnswer } from "../../../src/admin/schemas/token-schemas.ts";
import { Tokens } from "../../../src/admin/tokens/tokens.ts";
import { auditAnswer } from "../../../src/admin/schemas/answer-schemas.ts";
import { openAdmin } from "../support/open-admin.ts";

async function openTokens() {
  const admin = await openAdmin();
  const file = () => readFileSync(join(admin.dataDir, "tokens.json"), "utf8");
  const create = async (body: object) =>
    newTokenAnswer.strict().parse((await admin.json("POST", "/admin/tokens", { body })).body);
  const list = async () => tokensAnswer.parse((await admin.json("GET", "/admin/tokens")).body).tokens;
  const as = (token: string, method = "GET", path = "/admin/status") =>
    admin.overTcp(method, path, { Authorization: `Bearer ${token}` });
  const audit = async () => auditAnswer.parse((await admin.json("GET", "/admin/audit")).body).entries;
  return { ...admin, file, create, list, as, audit };
}

describe("POST /admin/tokens", () => {
  it("makes a token that can be used at once, with its scope only, and after a restart", async () => {
    const { create, as, dataDir, clock } = await openTokens();
    const { token, ...description } = await create({ name: "prometheus", scope: "read" });
    expect(description).toEqual({
      name: "prometheus",
      scope: "read",
      createdAt: "2026-01-01T00:00:00.000Z",
      expiresAt: null,
    });
    expect((await as(token)).status).toBe(200);
    expect((await as(token, "POST", "/admin/hold")).body).toMatchObject({ code: "forbidden" });
    const again = await Tokens.open(dataDir, clock);
    expect(again.verify(token)).toMatchObject({ actor: "prometheus", scope: "read" });
  });

  it("shows its text nowhere else: not in the list, the file, the audit or the log", async () => {
    const { create, list, file, audit, logged } = await openTokens();
    const { token } = await create({ name: "alice", scope: "operate", expires: "90d" });
    expect(JSON.stringify([await list(), file(), await audit(), logged])).not.toContain(token);
    const parameters = { name: "alice", scope: "operate", expiresAt: "2026-04-01T00:00:00.000Z" };
    expect(await audit()).toMatchObject([
      { action: "create_token", actor: "socket", outcome: "done", parameters },
    ]);
  });

  it("one that has expired is told so, and still listed", async () => {
    const { create, as, list, clock } = await openTokens();
    const { token } = await create({ name: "temporary", scope: "operate", expires: "1h" });
    clock.advance(3_599_999);
    expect((await as(token)).status).toBe(200);
    clock.advance(1);
    const expired = await as(token);
    expect(expired).toMatchObject({ status: 401, body: { code: "token_expired" } });
    expect(expired.headers.get("www-authenticate")).toBe('Bearer realm="holdgate"');
    expect((await list()).map(({ name }) => name)).toEqual(["admin", "temporary"]);
  });
});

describe("a token that cannot be made", () => {
  it.each([
    ["no scope", { name: "a" }],
    ["another scope", { name: "a", scope: "admin" }],
    ["a list of scopes", { name: "a", scope: ["read"] }],
    ["no name", { scope: "read" }],
    ["an empty name", { name: "", scope: "read" }],
    ["a name with a line end", { name: "a\nb", scope: "read" }],
    ["a name that is too long", { name: "a".repeat(65), scope: "read" }],
    ["a name that is a number", { name: 5, scope: "read" }],
    ["the name of the socket", { name: "socket", scope: "read" }],
    ["an expiry without a unit", { name: "a", scope: "read", expires: "90" }],
    ["an expiry now", { name: "a", scope: "read", expires: 0 }],
    ["an expiry in a hundred years", { name: "a", scope: "read", expires: "36500d" }],
    ["an expiry before now", { name: "a", scope: "read", expires: -1 }],
    ["an unknown key", { name: "a", scope: "read", token: "of-my-own" }],
    ["no object", ["a"]],
  ])("refuses %s, and changes nothing", async (_what, body) => {
    const { refused, file } = await openTokens();
    const before = file();
    const { status, body: problem } = await refused("POST", "/admin/tokens", { body });
    expect({ status, code: problem.code }).toEqual({ status: 400, code: "bad_request" });
    expect(file()).toBe(before);
  });
});

describe("tokens have bounds", () => {
  it("refuses a body that is too large, a name that is taken, and more than a hundred tokens", async () => {
    const { refused, create, file } = await openTokens();
    const large = await refused("POST", "/admin/tokens", { body: { name: "a".repeat(2_000_000) } });
    expect(large.body.code).toBe("body_too_large");
    for (let number = 1; number < 100; number += 1) await create({ name: `t${number}`, scope: "read" });
    const before = file();
    const twice = await refused("POST", "/admin/tokens", { body: { name: "t5", scope: "operate" } });
    expect(twice).toMatchObject({ status: 409, body: { code: "token_exists" } });
    const many = await refused("POST", "/admin/tokens", { body: { name: "t100", scope: "read" } });
    expect(many).toMatchObject({ status: 409, body: { code: "too_many_tokens" } });
    expect(file()).toBe(before);
  });

  it("two at the same moment cannot have the same name", async () => {
    const { json, list } = await openTokens();
    const body = { name: "twin", scope: "read" };
    const both = await Promise.all([1, 2].map(() => json("POST", "/admin/tokens", { body })));
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await list()).map(({ name }) => name)).toEqual(["admin", "twin"]);
  });

  it("changes nothing when it cannot be made durable", async () => {
    const { refused, list, dataDir } = await openTokens();
    // A directory stands where the file would be renamed to; root is not kept by modes.
    const path = join(dataDir, "tokens.json");
    rmSync(path);
    mkdirSync(path);
    const { body } = await refused("POST", "/admin/tokens", { body: { name: "a", scope: "read" } });
    expect(body.code).toBe("state_unwritable");
    expect((await list()).map(({ name }) => name)).toEqual(["admin"]);
  });

  it("needs the scope operate, and so does the list", async () => {
    const { create, as } = await openTokens();
    const { token } = await create({ name: "reader", scope: "read" });
    for (const method of ["GET", "POST"]) {
      expect((await as(token, method, "/admin/tokens")).body).toMatchObject({ code: "forbidden" });
    }
    expect((await as(token, "DELETE", "/admin/tokens/admin")).body).toMatchObject({ code: "forbidden" });
  });
});

describe("DELETE /admin/tokens/{name}", () => {
  it("the token opens nothing any more, nor after a restart", async () => {
    const { create, as, json, audit, dataDir, clock } = await openTokens();
    const { token } = await create({ name: "alice", scope: "operate" });
    expect((await json("DELETE", "/admin/tokens/alice")).body).toMatchObject({ name: "alice" });
    expect((await as(token)).body).toMatchObject({ code: "unauthorized" });
    expect((await Tokens.open(dataDir, clock)).verify(token)).toBeUndefined();
    expect((await audit())[0]).toMatchObject({ action: "revoke_token", parameters: { name: "alice" } });
  });

  it("one that is unknown is refused", async () => {
    const { refused, file } = await openTokens();
    const before = file();
    expect(await refused("DELETE", "/admin/tokens/nobody")).toMatchObject({
      status: 404,
      body: { code: "unknown_token", detail: "there is no token nobody; there are: admin" },
    });
    expect(file()).toBe(before);
  });

  it("the last one that may operate goes over the unix socket only, and its text goes with it", async () => {
    const { create, as, json, list, dataDir } = await openTokens();
    const text = join(dataDir, "admin.token");
    const { token } = await create({ name: "alice", scope: "operate" });
    await create({ name: "reader", scope: "read" });
    expect((await as(token, "DELETE", "/admin/tokens/admin")).status).toBe(200);
    expect(existsSync(text)).toBe(false);
    const last = await as(token, "DELETE", "/admin/tokens/alice");
    expect(last).toMatchObject({ status: 409, body: { code: "last_token" } });
    expect((await as(token)).status).toBe(200);
    expect((await json("DELETE", "/admin/tokens/alice")).status).toBe(200);
    expect((await list()).map(({ name }) => name)).toEqual(["reader"]);
  });

  it("one that has expired counts for nothing when the last one is looked for", async () => {
    const { create, as, clock } = await openTokens();
    const { token } = await create({ name: "alice", scope: "operate" });
    await create({ name: "gone", scope: "operate", expires: "1h" });
    expect((await as(token, "DELETE", "/admin/tokens/admin")).status).toBe(200);
    clock.advance(3_600_000);
    expect((await as(token, "DELETE", "/admin/tokens/alice")).body).toMatchObject({ code: "last_token" });
  });

  it("another text in admin.token is not ours to remove", async () => {
    const { json, dataDir } = await openTokens();
    writeFileSync(join(dataDir, "admin.token"), "holdgate_of-another\n");
    await json("DELETE", "/admin/tokens/admin");
    expect(existsSync(join(dataDir, "admin.token"))).toBe(true);
  });
});

describe("wrong tokens over TCP", () => {
  it("are slowed down, but the right token from the same address goes on", async () => {
    const { as, create, clock, logged } = await openTokens();
    const { token } = await create({ name: "alice", scope: "operate" });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await as("wrong-token")).body).toMatchObject({ code: "unauthorized" });
    }
    const paused = await as("wrong-token");
    expect(paused).toMatchObject({ status: 429, body: { code: "too_many_attempts" } });
    expect(paused.headers.get("retry-after")).toBe("1");
    expect((await as(token)).status).toBe(200);
    clock.advance(1000);
    expect((await as("wrong-token")).status).toBe(401);
    expect((await as("wrong-token")).headers.get("retry-after")).toBe("2");
    expect(logged).toHaveLength(2);
    expect(JSON.stringify(logged)).not.toContain("wrong-token");
  });

  it("none at all and one that has expired are no attempts", async () => {
    const { as, create, clock, overTcp } = await openTokens();
    const { token } = await create({ name: "old", scope: "read", expires: 1 });
    clock.advance(1);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await as(token)).status).toBe(401);
      expect((await overTcp("GET", "/admin/status", { Authorization: "" })).status).toBe(401);
    }
  });
});
