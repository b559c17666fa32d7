import { describe, expect, it } from "vitest";
import { ONE_SERVICE, openAdmin } from "./support/open-admin.ts";

const REMOTE = `${ONE_SERVICE}
admin: { listen: "admin.example.com:9180", allowRemote: true }
`;

describe("tokens", () => {
  it("TCP needs one", async () => {
    const { overTcp } = await openAdmin();
    const refused = await overTcp("GET", "/admin/status", { Authorization: "" });
    expect(refused).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="holdgate"');
  });

  it.each([
    ["another one", "Bearer wrong-token"],
    ["another scheme", "Basic b3BlcmF0ZS10b2tlbg=="],
    ["the bare token", "operate-token"],
    ["two tokens", "Bearer operate-token read-token"],
  ])("%s is refused, and never repeated in the answer", async (_what, authorization) => {
    const { overTcp } = await openAdmin();
    const refused = await overTcp("GET", "/admin/status", { Authorization: authorization });
    expect(refused.status).toBe(401);
    expect(JSON.stringify(refused.body)).not.toContain(authorization);
  });

  it("one of the scope operate may write, one of the scope read may only look", async () => {
    const { overTcp } = await openAdmin();
    const reader = { Authorization: "Bearer read-token" };
    expect((await overTcp("POST", "/admin/hold")).status).toBe(200);
    expect((await overTcp("GET", "/admin/status", reader)).status).toBe(200);
    const refused = await overTcp("POST", "/admin/release", reader);
    const detail = "the token prometheus has the scope read; POST needs operate";
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden", detail } });
  });

  it("the unix socket needs none", async () => {
    const { json } = await openAdmin();
    expect((await json("POST", "/admin/hold")).status).toBe(200);
  });

  it.each(["/", "/livez", "/readyz"])("%s needs none on TCP either", async (path) => {
    const { call } = await openAdmin();
    const bindings = { transport: "tcp", from: "127.0.0.1" } as const;
    expect((await call("GET", path, { bindings })).status).toBe(200);
  });

  it.each(["/metrics", "/admin/openapi.json", "/admin/nothing"])("%s needs one on TCP", async (path) => {
    const { overTcp } = await openAdmin();
    expect((await overTcp("GET", path, { Authorization: "" })).status).toBe(401);
  });
});

describe("Host", () => {
  it.each(["localhost:9180", "127.0.0.1:9180", "127.0.0.2", "[::1]:9180", "LOCALHOST", "localhost."])(
    "%s is this machine",
    async (host) => {
      const { overTcp } = await openAdmin();
      expect((await overTcp("GET", "/admin/status", { Host: host })).status).toBe(200);
    },
  );

  it.each([
    "evil.example.com",
    "evil.example.com:9180",
    "127.0.0.1.evil.example.com",
    "localhost.evil.example.com",
    "192.0.2.1",
    "holdgate",
    "localhost@evil.example.com",
    "",
  ])("%j is refused: a rebound name could be anything", async (host) => {
    const { overTcp } = await openAdmin();
    const refused = await overTcp("GET", "/admin/status", { Host: host });
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  it("is checked before the paths that need no token", async () => {
    const { overTcp } = await openAdmin();
    expect((await overTcp("GET", "/livez", { Host: "evil.example.com" })).status).toBe(403);
  });

  it.each(["admin.example.com:9180", "192.0.2.1:9180", "[2001:db8::1]", "holdgate:9180", "localhost"])(
    "%s is accepted with allowRemote",
    async (host) => {
      const { overTcp } = await openAdmin(REMOTE);
      expect((await overTcp("GET", "/admin/status", { Host: host })).status).toBe(200);
    },
  );

  it("a name of the public DNS that is not the configured one is refused with allowRemote, too", async () => {
    const { overTcp } = await openAdmin(REMOTE);
    expect((await overTcp("GET", "/admin/status", { Host: "evil.example.com" })).status).toBe(403);
  });
});

describe("Origin", () => {
  it.each(["https://evil.example.com", "http://localhost:3000", "http://127.0.0.1", "null", "file://"])(
    "a page of %s is refused",
    async (origin) => {
      const { overTcp } = await openAdmin();
      const refused = await overTcp("GET", "/admin/status", { Origin: origin });
      expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
    },
  );

  it("a page of this very interface is served", async () => {
    const { overTcp } = await openAdmin();
    expect((await overTcp("POST", "/admin/hold", { Origin: "http://127.0.0.1:9180" })).status).toBe(200);
  });

  it("a request that the browser calls cross-site is refused", async () => {
    const { overTcp } = await openAdmin();
    expect((await overTcp("GET", "/admin/status", { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await overTcp("GET", "/admin/status", { "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
  });

  it("is checked on the unix socket, too", async () => {
    const { json } = await openAdmin();
    const headers = { Origin: "https://evil.example.com" };
    expect((await json("POST", "/admin/hold", { headers })).status).toBe(403);
  });
});
