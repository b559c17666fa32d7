import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bypassAnswer } from "../../src/admin/schemas/bypass-schemas.ts";
import { checkBypass } from "../../src/gateway/bypass/bypass-token.ts";
import { openAdmin, TWO_SERVICES } from "./support/open-admin.ts";

const PATH = "/admin/services/chat/bypass";

describe("POST /admin/services/:service/bypass", () => {
  it("makes a link that is good for an hour, or for as long as it was told", async () => {
    const { json, clock, bypassKeys } = await openAdmin();
    for (const [body, ms] of [
      [{}, 3_600_000],
      [{ for: "8h" }, 28_800_000],
    ] as const) {
      const answer = bypassAnswer.parse((await json("POST", PATH, { body })).body);
      expect(answer.expiresAt).toBe(clock.wall() + ms);
      expect(answer.path).toBe(`/.holdgate/bypass?token=${answer.token}`);
      const key = bypassKeys.keyOf("chat") ?? Buffer.alloc(0);
      expect(checkBypass(key, "chat", answer.token, clock.wall())).toBe("valid");
    }
  });

  it("keeps its key where only its owner reads it", async () => {
    const { json, dataDir } = await openAdmin();
    await json("POST", PATH, { body: {} });
    const { mode } = await stat(join(dataDir, "bypass.json"));
    expect(mode & 0o777).toBe(0o600);
  });

  it("is recorded without the token, and tells it to nobody else", async () => {
    const { json, control, logged, dataDir } = await openAdmin();
    const { token, expiresAt } = bypassAnswer.parse((await json("POST", PATH, { body: {} })).body);
    const [entry] = (await control.audit.recent(1)).toReversed();
    expect(entry).toMatchObject({ action: "bypass_link", service: "chat", parameters: { expiresAt } });
    const files = await Promise.all(
      ["audit.jsonl", "bypass.json"].map((name) => readFile(join(dataDir, name), "utf8")),
    );
    expect(JSON.stringify([files, logged, control.events.since(0)])).not.toContain(token.split(".")[2]);
  });

  it("answers a repeated Idempotency-Key with the same link", async () => {
    const { json, clock } = await openAdmin();
    const request = { body: {}, headers: { "Idempotency-Key": "one" } };
    const first = await json("POST", PATH, request);
    clock.advance(5000);
    expect((await json("POST", PATH, request)).body).toEqual(first.body);
  });

  it.each([
    [{ for: "8d" }, "for: expected a duration from 1s to 7d"],
    [{ for: "500ms" }, "for: expected a duration from 1s to 7d"],
    [{ for: "soon" }, "for: expected a duration such as 30s or 5m"],
    [{ until: "8h" }, "until: there is no such key"],
  ])("refuses %j, and makes no key", async (body, detail) => {
    const { refused, bypassKeys } = await openAdmin();
    const answer = await refused("POST", PATH, { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad_request", detail } });
    expect(bypassKeys.keyOf("chat")).toBeUndefined();
  });

  it("is refused for a service that is not there", async () => {
    const { refused } = await openAdmin(TWO_SERVICES);
    const answer = await refused("POST", "/admin/services/blog/bypass", { body: {} });
    expect(answer).toMatchObject({ status: 404, body: { code: "unknown_service" } });
  });

  it("takes a token that may operate", async () => {
    const { overTcp } = await openAdmin();
    expect((await overTcp("POST", PATH, {}, {})).status).toBe(200);
    const headers = { Authorization: "Bearer read-token" };
    expect((await overTcp("POST", PATH, headers, {})).status).toBe(403);
  });
});

describe("DELETE /admin/services/:service/bypass", () => {
  it("makes all links void, and says whether there were any", async () => {
    const { json, control, bypassKeys } = await openAdmin();
    await json("POST", PATH, { body: {} });
    expect((await json("DELETE", PATH)).body).toEqual({ service: "chat", changed: true });
    expect(bypassKeys.keyOf("chat")).toBeUndefined();
    expect((await json("DELETE", PATH)).body).toEqual({ service: "chat", changed: false });
    const [entry] = (await control.audit.recent(1)).toReversed();
    expect(entry).toMatchObject({ action: "bypass_revoke", service: "chat" });
  });
});

describe("If-Match on either", () => {
  it("refuses it when the state has moved since it was read, and changes nothing", async () => {
    const { refused, json, control, bypassKeys } = await openAdmin();
    const { version } = control.state;
    const moved = { body: {}, headers: { "If-Match": `"${version + 1}"` } };
    expect(await refused("POST", PATH, moved)).toMatchObject({ status: 412, body: { code: "state_moved" } });
    expect(bypassKeys.keyOf("chat")).toBeUndefined();
    const read = { body: {}, headers: { "If-Match": `"${version}"` } };
    expect((await json("POST", PATH, read)).status).toBe(200);
    expect((await refused("DELETE", PATH, { headers: moved.headers })).status).toBe(412);
    expect(bypassKeys.keyOf("chat")).toBeDefined();
  });
});
