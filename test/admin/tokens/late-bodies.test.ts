import { describe, expect, it } from "vitest";
import { openAdmin } from "../support/open-admin.ts";

/** A write whose head has come, and whose body comes when `finish` is called. */
async function startWrite(expiresInMs: number | null) {
  const admin = await openAdmin();
  const expiresAt = expiresInMs === null ? null : admin.clock.wall() + expiresInMs;
  const { token } = await admin.tokens.create({ name: "alice", scope: "operate", expiresAt });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const init = {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, Host: "127.0.0.1:9180" },
    body: readable,
    duplex: "half" as const,
  };
  const response = Promise.resolve(
    admin.app.request("/admin/hold", init, { transport: "tcp", from: "127.0.0.1" }),
  );
  const writer = writable.getWriter();
  await writer.write(Buffer.from('{"lease":'));
  const finish = async () => {
    await writer.write(Buffer.from('"3m"}'));
    await writer.close();
    const answer = await response;
    const body: unknown = await answer.json();
    return { status: answer.status, body };
  };
  return { ...admin, finish };
}

describe("a write whose body comes late", () => {
  it("is done while its token is good", async () => {
    const { finish, control } = await startWrite(1000);
    const { version } = control.state;
    expect((await finish()).status).toBe(200);
    expect(control.state.version).toBe(version + 1);
  });

  it("is refused when its token was revoked meanwhile", async () => {
    const { finish, tokens, control } = await startWrite(null);
    const { version } = control.state;
    await tokens.revoke("alice", false);
    expect(await finish()).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(control.state.version).toBe(version);
    expect(await control.audit.recent(1)).toMatchObject([{ actor: "alice", outcome: "refused" }]);
  });

  it("is refused when its token has expired meanwhile", async () => {
    const { finish, clock, control } = await startWrite(1000);
    const { version } = control.state;
    clock.advance(1000);
    expect(await finish()).toMatchObject({ status: 401, body: { code: "token_expired" } });
    expect(control.state.version).toBe(version);
  });
});
