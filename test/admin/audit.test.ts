import { describe, expect, it } from "vitest";
import { auditAnswer } from "../../src/admin/schemas/answer-schemas.ts";
import { openAdmin } from "./support/open-admin.ts";

async function openAudit() {
  const admin = await openAdmin();
  const entries = async (query = "") =>
    auditAnswer.parse((await admin.json("GET", `/admin/audit${query}`)).body).entries;
  return { ...admin, entries };
}

describe("the audit", () => {
  it("shows who did what from where, the newest first", async () => {
    const { overTcp, write, entries } = await openAudit();
    await overTcp("POST", "/admin/hold");
    await write("POST", "/admin/release");
    expect(await entries("?limit=2")).toMatchObject([
      { actor: "socket", from: "unix", action: "release", service: "chat", outcome: "done" },
      { actor: "alice", from: "127.0.0.1", action: "hold", service: "chat", outcome: "done" },
    ]);
  });

  it("has one entry for a write that control refuses", async () => {
    const { refused, entries } = await openAudit();
    await refused("POST", "/admin/services/chat/cutover");
    expect(await entries()).toMatchObject([{ action: "cutover", outcome: "refused", code: "no_candidate" }]);
  });

  it("has one entry for a write that is refused before control sees it", async () => {
    const { overTcp, entries } = await openAudit();
    await overTcp("POST", "/admin/hold", { Authorization: "Bearer wrong-token" });
    await overTcp("POST", "/admin/hold", { Authorization: "Bearer read-token" });
    await overTcp("POST", "/admin/hold", {}, { leese: 1 });
    const found = await entries();
    expect(found).toMatchObject([
      { actor: "alice", action: "POST /admin/hold", outcome: "refused", code: "bad_request" },
      { actor: "prometheus", action: "POST /admin/hold", outcome: "refused", code: "forbidden" },
      { actor: "unknown", from: "127.0.0.1", action: "POST /admin/hold", code: "unauthorized" },
    ]);
    expect(JSON.stringify(found)).not.toContain("wrong-token");
  });

  it("does not fill with reads that are refused", async () => {
    const { overTcp, entries } = await openAudit();
    await overTcp("GET", "/admin/status", { Authorization: "" });
    expect(await entries()).toEqual([]);
  });

  it("takes 60 refused writes a minute, so that a stranger cannot push the others out", async () => {
    const { overTcp, entries, clock, logged } = await openAudit();
    for (let i = 0; i < 70; i += 1) await overTcp("POST", "/admin/hold", { Authorization: "" });
    expect(await entries("?limit=1000")).toHaveLength(60);
    expect(logged).toEqual([expect.stringContaining("many refused admin writes")]);
    clock.advance(60_000);
    await overTcp("POST", "/admin/hold", { Authorization: "" });
    expect(await entries("?limit=1000")).toHaveLength(61);
  });
});
