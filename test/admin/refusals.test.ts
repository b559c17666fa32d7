import { describe, expect, it } from "vitest";
import { openAdmin } from "./support/open-admin.ts";

/** What is sent to POST /admin/hold, and the detail it is refused with. */
const BAD_HOLDS: [what: string, body: unknown, detail: string][] = [
  ["an unknown key", { leese: "3m" }, "leese: there is no such key"],
  ["a wrong type", { wait: "yes" }, "wait: Invalid input: expected boolean, received string"],
  ["no duration", { lease: "soon" }, "lease: expected a duration such as 30s or 5m"],
  ["a duration of nothing", { lease: 0 }, "lease: expected a duration longer than 0"],
  [
    "two mistakes",
    { lease: "soon", x: 1 },
    "lease: expected a duration such as 30s or 5m; x: there is no such key",
  ],
  ["a list", [], "Invalid input: expected object, received array"],
];

const BAD_UPSTREAMS: [what: string, body: unknown, detail: string][] = [
  ["neither url nor urls", {}, "expected either url or urls"],
  ["both", { url: "http://127.0.0.1:1", urls: ["http://127.0.0.1:2"] }, "expected either url or urls"],
  ["no URL", { url: "127.0.0.1:3000" }, "url: expected http://127.0.0.1:3000"],
  [
    "an unknown key further in",
    { url: "http://127.0.0.1:1", health: { intervall: "1s" } },
    "health.intervall: there is no such key",
  ],
  [
    "a bad status",
    { url: "http://127.0.0.1:1", health: { status: "399-200" } },
    "health.status: expected a status such as 200, or a range such as 200-399",
  ],
];

describe("a body that is not understood", () => {
  it.each(BAD_HOLDS)("%s is refused with its place", async (_what, body, detail) => {
    const { refused, control } = await openAdmin();
    const { version } = control.state;
    const answer = await refused("POST", "/admin/hold", { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad_request", detail } });
    expect(control.state.version).toBe(version);
  });

  it.each(BAD_UPSTREAMS)("an upstream with %s is refused with its place", async (_what, body, detail) => {
    const { refused } = await openAdmin();
    const answer = await refused("PUT", "/admin/services/chat/upstreams/red", { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad_request", detail } });
  });

  it("a wait for health of the wrong kind is refused with what would be right", async () => {
    const { refused } = await openAdmin();
    const body = { upstream: "green", waitHealthy: "later" };
    const answer = await refused("PUT", "/admin/services/chat/candidate", { body });
    expect(answer.body.detail).toBe('waitHealthy: expected true, or a duration such as "60s"');
  });

  it("an expected end without an offset is refused, since nobody knows when it is", async () => {
    const { refused } = await openAdmin();
    const answer = await refused("POST", "/admin/maintenance", {
      body: { expectedEnd: "2026-01-01T18:00:00" },
    });
    expect(answer.body.detail).toMatch(/^expectedEnd: expected a time with its offset/);
  });

  it("malformed JSON is refused with what the parser says", async () => {
    const { refused } = await openAdmin();
    const answer = await refused("POST", "/admin/hold", { body: '{"lease": 3m}' });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad_request" } });
    expect(answer.body.detail).toMatch(/^the body is not JSON: /);
  });

  it("a body over 64 KiB is refused", async () => {
    const { refused } = await openAdmin();
    const body = { message: "x".repeat(65_536) };
    const answer = await refused("POST", "/admin/maintenance", { body });
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
  });

  it("an unknown query parameter is refused", async () => {
    const { refused } = await openAdmin();
    const answer = await refused("DELETE", "/admin/maintenance?servcie=chat");
    expect(answer).toMatchObject({ status: 400, body: { detail: "servcie: there is no such key" } });
  });
});

describe("a call that does not exist", () => {
  it("is a problem with code, title, status and detail", async () => {
    const { refused } = await openAdmin();
    const { status, headers, body } = await refused("GET", "/admin/downgrades");
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "about:blank",
      title: "There is no such thing",
      status: 404,
      detail: "/admin/downgrades does not exist here; GET /admin/openapi.json lists what does",
      code: "not_found",
    });
  });

  it.each([
    ["GET", "/admin/hold", "POST"],
    ["POST", "/admin/status", "GET, HEAD"],
    ["POST", "/admin/maintenance/", undefined],
    ["GET", "/admin/services/chat/upstreams/blue", "PUT, DELETE"],
  ])("%s %s names the methods there are, if any", async (method, path, allow) => {
    const { refused } = await openAdmin();
    const answer = await refused(method, path);
    expect(answer.status).toBe(allow === undefined ? 404 : 405);
    expect(answer.headers.get("allow") ?? undefined).toBe(allow);
    expect(answer.body.code).toBe(allow === undefined ? "not_found" : "method_not_allowed");
  });
});

it("a mistake of ours is answered without its text, which goes into the log", async () => {
  const { refused, control, logged } = await openAdmin();
  control.audit.recent = () => Promise.reject(new Error("secret detail"));
  const { status, body } = await refused("GET", "/admin/audit");
  expect({ status, code: body.code }).toEqual({ status: 500, code: "internal" });
  expect(JSON.stringify(body)).not.toContain("secret detail");
  expect(logged).toHaveLength(1);
});
