import { describe, expect, it } from "vitest";
import { z } from "zod";
import { statusAnswer } from "../../src/admin/schemas/answer-schemas.ts";
import { openAdmin } from "./support/open-admin.ts";

describe("GET /admin/status", () => {
  it("gives all that the gateway tells, the version of Holdgate and that of the state", async () => {
    const { json, gateway, control, clock } = await openAdmin();
    const { headers, body } = await json("GET", "/admin/status");
    const stateVersion = control.state.version;
    const { services, ...status } = gateway.status();
    expect(body).toEqual({
      holdgate: "1.2.3",
      stateVersion,
      startedAt: clock.wall(),
      runners: 0,
      webhooks: [],
      config: { loadedAt: clock.wall(), lastError: null },
      process: {
        residentBytes: expect.any(Number),
        heapBytes: expect.any(Number),
        eventLoopDelay: { p50Ms: expect.any(Number), p99Ms: expect.any(Number), maxMs: expect.any(Number) },
      },
      ...status,
      services: services.map((service) => ({ ...service, upgrade: null, announcement: null, window: null })),
    });
    expect(headers.get("etag")).toBe(`"${stateVersion}"`);
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

it("GET /admin/status says why the newest configuration is not in force, until another one is", async () => {
  const { json, reloads, clock } = await openAdmin();
  const config = async () => (await json("GET", "/admin/status")).body;
  const loadedAt = clock.wall();
  clock.advance(1000);
  reloads.failed("f:1:1: unknown key");
  const lastError = { at: loadedAt + 1000, reason: "f:1:1: unknown key" };
  expect(await config()).toMatchObject({ config: { loadedAt, lastError } });
  clock.advance(1000);
  reloads.succeeded();
  expect(await config()).toMatchObject({ config: { loadedAt: loadedAt + 2000, lastError: null } });
});

it("GET /admin/status gives tunnels by policy and protocol, as the OpenAPI document says", async () => {
  const { json, chat } = await openAdmin();
  chat.tunnelsBy = [
    { policy: "splice", protocol: "socket.io", count: 7 },
    { policy: "reconnect", protocol: null, count: 2 },
  ];
  chat.parked = 5;
  chat.counters = { spliced: 3, gapMs: 12.5 };
  const { tunnelsBy, parked, counters } = chat.status();
  const { services } = statusAnswer.parse((await json("GET", "/admin/status")).body);
  expect(services).toMatchObject([{ tunnelsBy, parked, counters }]);
  const { schemas } = (await documentOf()).components;
  expect(schemas["TunnelCount"]).toMatchObject({ required: ["policy", "protocol", "count"] });
});

describe("GET /metrics", () => {
  it("shows the gateway's totals as they are at the scrape", async () => {
    const { call, chat, gateway } = await openAdmin();
    chat.counters = { admitted: 12, forwarded: 9, refused: 3, answers: [0, 0, 8, 0, 1, 3] };
    gateway.engineRefusals = { "bad-head": 2 };
    const first = await (await call("GET", "/metrics")).text();
    expect(first).toContain('holdgate_requests_admitted_total{service="chat"} 12');
    expect(first).toContain('holdgate_requests_total{service="chat",outcome="forwarded"} 9');
    expect(first).toContain('holdgate_answers_total{service="chat",class="5xx"} 3');
    expect(first).toContain('holdgate_engine_refusals_total{reason="bad-head"} 2');
    expect(first).toContain('holdgate_slot{service="chat",slot="active",upstream="blue"} 1');
    chat.counters = { admitted: 13 };
    const second = await (await call("GET", "/metrics")).text();
    expect(second).toContain('holdgate_requests_admitted_total{service="chat"} 13');
  });

  it("shows the mode, and how the process is", async () => {
    const { call, json } = await openAdmin();
    await json("POST", "/admin/hold");
    const response = await call("GET", "/metrics");
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    expect(text).toContain('holdgate_mode{service="chat",mode="hold"} 1');
    expect(text).toContain('holdgate_mode{service="chat",mode="open"} 0');
    expect(text).toContain("process_resident_memory_bytes");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
  });
});

describe("probes", () => {
  it("/readyz says no while no public address is listened on", async () => {
    const { call, gateway } = await openAdmin();
    expect((await call("GET", "/readyz")).status).toBe(200);
    gateway.listening = [];
    expect((await call("GET", "/readyz")).status).toBe(503);
    expect((await call("GET", "/livez")).status).toBe(200);
  });

  it("/ says what this is", async () => {
    const { call } = await openAdmin();
    expect(await (await call("GET", "/")).text()).toContain("Holdgate 1.2.3: the admin interface");
  });
});

describe("GET /admin/openapi.json", () => {
  it("describes every call, as OpenAPI 3.1", async () => {
    const { openapi, paths } = await documentOf();
    expect(openapi).toBe("3.1.0");
    const calls = Object.entries(paths).map(([path, item]) => `${path} ${Object.keys(item).join(",")}`);
    expect(calls.toSorted()).toEqual([
      "/admin/audit get",
      "/admin/events get",
      "/admin/hold post",
      "/admin/maintenance post,delete",
      "/admin/maintenance/window delete",
      "/admin/release post",
      "/admin/runner get",
      "/admin/services/{service}/announcement put,delete",
      "/admin/services/{service}/bypass post,delete",
      "/admin/services/{service}/canary put,delete",
      "/admin/services/{service}/candidate put,delete",
      "/admin/services/{service}/cutover post",
      "/admin/services/{service}/rollback post",
      "/admin/services/{service}/upstreams/{upstream} put,delete",
      "/admin/status get",
      "/admin/tokens post,get",
      "/admin/tokens/{name} delete",
      "/admin/upgrades post,get",
      "/admin/upgrades/{id} get",
      "/admin/upgrades/{id}/approve post",
      "/admin/upgrades/{id}/cancel post",
      "/admin/upgrades/{id}/report put",
      "/admin/upgrades/{id}/resume post",
      "/admin/upgrades/{id}/rollback post",
      "/admin/webhooks/{webhook}/test post",
      "/admin/whoami get",
      "/livez get",
      "/metrics get",
      "/readyz get",
    ]);
  });

  it("describes bodies as they are checked: what may be left out, and that nothing else may come", async () => {
    const { schemas } = (await documentOf()).components;
    expect(schemas["HoldBody"]).toMatchObject({ type: "object", additionalProperties: false });
    expect(schemas["HoldBody"]).not.toHaveProperty("required");
    expect(schemas["CandidateBody"]).toMatchObject({ required: ["upstream"] });
    expect(schemas["Duration"]).toMatchObject({ anyOf: [{ type: "string" }, { type: "number" }] });
    expect(schemas["Problem"]).toMatchObject({ required: expect.arrayContaining(["code"]) });
    expect(schemas["ErrorCode"]).toMatchObject({ enum: expect.arrayContaining(["state_moved"]) });
  });

  it("says which calls need a token", async () => {
    const { security, components, paths } = await documentOf();
    expect(security).toEqual([{ token: [] }]);
    expect(components.securitySchemes).toEqual({ token: { type: "http", scheme: "bearer" } });
    expect(paths["/livez"]?.["get"]).toMatchObject({ security: [] });
  });
});

const openApiDocument = z.object({
  openapi: z.string(),
  security: z.unknown(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), z.unknown()), securitySchemes: z.unknown() }),
});

async function documentOf() {
  const { json } = await openAdmin();
  return openApiDocument.parse((await json("GET", "/admin/openapi.json")).body);
}
