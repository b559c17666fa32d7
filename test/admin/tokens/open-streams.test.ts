import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { openAdmin } from "../support/open-admin.ts";

class Outgoing extends EventEmitter {
  destroyed = 0;

  destroy(): void {
    this.destroyed += 1;
    this.emit("close");
  }
}

async function openStreams() {
  const admin = await openAdmin();
  const create = async (name: string, expiresInMs: number | null) => {
    const expiresAt = expiresInMs === null ? null : admin.clock.wall() + expiresInMs;
    return (await admin.tokens.create({ name, scope: "operate", expiresAt })).token;
  };
  const listen = async (token: string, path: string) => {
    const outgoing = new Outgoing();
    const headers = { Authorization: `Bearer ${token}`, Host: "127.0.0.1:9180" };
    const bindings = { transport: "tcp", from: "127.0.0.1", outgoing } as const;
    const { status } = await admin.call("GET", path, { headers, bindings });
    expect(status).toBe(200);
    return outgoing;
  };
  return { ...admin, create, listen };
}

describe("a stream that is open with a token", () => {
  it.each(["/admin/events", "/admin/runner?accepts=plans"])("%s ends when it is revoked", async (path) => {
    const { create, listen, tokens } = await openStreams();
    const [alice, bob] = [await create("alice", null), await create("bob", null)];
    const ofAlice = await listen(alice, path);
    const ofBob = await listen(bob, path);
    await tokens.revoke("alice", false);
    expect([ofAlice.destroyed, ofBob.destroyed]).toEqual([1, 0]);
  });

  it("ends when the token expires, also weeks later", async () => {
    const { create, listen, clock } = await openStreams();
    const days = 86_400_000;
    const outgoing = await listen(await create("alice", 60 * days), "/admin/events");
    for (let day = 0; day < 59; day += 1) clock.advance(days);
    expect(outgoing.destroyed).toBe(0);
    clock.advance(days);
    expect(outgoing.destroyed).toBe(1);
  });

  it("that has ended by itself leaves nothing behind", async () => {
    const { create, listen, clock, tokens } = await openStreams();
    const before = clock.pendingTimers;
    const outgoing = await listen(await create("alice", 1000), "/admin/events");
    outgoing.emit("close");
    expect(clock.pendingTimers).toBe(before);
    await tokens.revoke("alice", false);
    expect(outgoing.destroyed).toBe(0);
  });

  it("is not an ordinary answer: whoever revokes the own token still hears that it was done", async () => {
    const { create, call } = await openStreams();
    const token = await create("alice", null);
    const outgoing = new Outgoing();
    const headers = { Authorization: `Bearer ${token}`, Host: "127.0.0.1:9180" };
    const bindings = { transport: "tcp", from: "127.0.0.1", outgoing } as const;
    expect((await call("DELETE", "/admin/tokens/alice", { headers, bindings })).status).toBe(200);
    expect(outgoing.destroyed).toBe(0);
  });
});
