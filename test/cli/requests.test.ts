import { describe, expect, it } from "vitest";
import { serviceStatus, statusAnswer, writeAnswer } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

const health = { state: "healthy", checkedAt: 0, reason: null, version: "2" };

interface Row {
  args: string;
  call: string;
  body?: object;
}

const ROWS: Row[] = [
  { args: "maintenance on", call: "POST /admin/maintenance", body: {} },
  {
    args: "maintenance on --service chat --message moving --expected-end 10m --retry-after 30s",
    call: "POST /admin/maintenance",
    body: { service: "chat", message: "moving", expectedEnd: "10m", retryAfter: "30s" },
  },
  { args: "maintenance off", call: "DELETE /admin/maintenance" },
  { args: "maintenance off --service a&b", call: "DELETE /admin/maintenance?service=a%26b" },
  {
    args: "maintenance on --at 2h --for 30m",
    call: "POST /admin/maintenance",
    body: { at: "2h", for: "30m" },
  },
  {
    args: "maintenance on --at 2027-03-01T02:00 --for 30m",
    call: "POST /admin/maintenance",
    body: { at: "2027-03-01T02:00:00.000Z", for: "30m" },
  },
  { args: "maintenance cancel --service a&b", call: "DELETE /admin/maintenance/window?service=a%26b" },
  { args: "hold", call: "POST /admin/hold", body: {} },
  {
    args: "hold --service chat --lease 5m --max-wait 30s --on-lease-end open --wait --drain-timeout 9s",
    call: "POST /admin/hold",
    body: {
      service: "chat",
      lease: "5m",
      maxWait: "30s",
      onLeaseEnd: "open",
      wait: true,
      drainTimeout: "9s",
    },
  },
  { args: "release", call: "POST /admin/release", body: {} },
  {
    args: "release --service chat --wait --drain-timeout 2m",
    call: "POST /admin/release",
    body: { service: "chat", wait: true, drainTimeout: "2m" },
  },
  {
    args: "upstream put green --url http://10.0.0.2:80",
    call: "PUT /admin/services/chat/upstreams/green",
    body: { url: "http://10.0.0.2:80" },
  },
  {
    args: "upstream put green --url http://a:1 --url http://b:2 --health-path /up --health-interval 2s --health-timeout 1s --health-good 3 --health-bad 4 --health-status 200-299 --health-host chat.test --health-version .version",
    call: "PUT /admin/services/chat/upstreams/green",
    body: {
      urls: ["http://a:1", "http://b:2"],
      health: {
        path: "/up",
        interval: "2s",
        timeout: "1s",
        good: 3,
        bad: 4,
        status: "200-299",
        host: "chat.test",
        version: ".version",
      },
    },
  },
  { args: "upstream remove a/b --service x", call: "DELETE /admin/services/x/upstreams/a%2Fb" },
  { args: "candidate green", call: "PUT /admin/services/chat/candidate", body: { upstream: "green" } },
  {
    args: "candidate green --wait-healthy 60s --service x",
    call: "PUT /admin/services/x/candidate",
    body: { upstream: "green", waitHealthy: "60s" },
  },
  {
    args: "candidate green --expect-version 2.0",
    call: "PUT /admin/services/chat/candidate",
    body: { upstream: "green", version: "2.0" },
  },
  { args: "canary 20", call: "PUT /admin/services/chat/canary", body: { percent: 20 } },
  { args: "canary 0 --service x", call: "PUT /admin/services/x/canary", body: { percent: 0 } },
  { args: "canary off --service x", call: "DELETE /admin/services/x/canary" },
  { args: "candidate --clear", call: "DELETE /admin/services/chat/candidate" },
  { args: "cutover", call: "POST /admin/services/chat/cutover", body: {} },
  {
    args: "cutover --service x --to green --force --wait --drain-timeout 30s",
    call: "POST /admin/services/x/cutover",
    body: { to: "green", force: true, wait: true, drainTimeout: "30s" },
  },
  { args: "rollback", call: "POST /admin/services/chat/rollback", body: {} },
  {
    args: "rollback --force --wait --drain-timeout 30s",
    call: "POST /admin/services/chat/rollback",
    body: { force: true, wait: true, drainTimeout: "30s" },
  },
];

it("webhook test says what became of it, by its exit code, too", async () => {
  const { admin, holdgate } = await cliFixture();
  admin.answer("POST /admin/webhooks/team/test", { delivered: false, reason: "answered 404" });
  expect(await holdgate(["webhook", "test", "team"])).toEqual({
    code: 1,
    stdout: "",
    stderr: "holdgate: team: answered 404\n",
  });
  admin.answer("POST /admin/webhooks/team/test", { delivered: true, reason: null });
  expect(await holdgate(["webhook", "test", "team"])).toMatchObject({ code: 0, stdout: "team: delivered\n" });
});

describe("each verb sends exactly its request", () => {
  it.each(ROWS)("holdgate $args", async ({ args, call, body }) => {
    const { admin, holdgate } = await cliFixture();
    admin.answer(call, { ...writeAnswer(), health, window: null });
    const { code, stderr } = await holdgate([...args.split(" "), "--if-match", "7"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(admin.writes).toEqual([{ call, body, ifMatch: '"7"', authorization: undefined }]);
  });
});

describe("candidate --url", () => {
  it("puts the upstream first, and guards the second write with the version the first one made", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("PUT /admin/services/chat/upstreams/green", writeAnswer({ version: 8 }));
    admin.answer("PUT /admin/services/chat/candidate", { ...writeAnswer({ version: 9 }), health });
    const args = "candidate green --url http://10.0.0.2:80 --if-match 7".split(" ");
    expect(await holdgate(args)).toEqual({
      code: 0,
      stdout: "chat: candidate is green, healthy\n",
      stderr: "",
    });
    expect(admin.writes.map(({ call, body, ifMatch }) => ({ call, body, ifMatch }))).toEqual([
      {
        call: "PUT /admin/services/chat/upstreams/green",
        body: { url: "http://10.0.0.2:80" },
        ifMatch: '"7"',
      },
      { call: "PUT /admin/services/chat/candidate", body: { upstream: "green" }, ifMatch: '"8"' },
    ]);
  });

  it("sends no If-Match when none was asked for", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("PUT /admin/services/chat/upstreams/green", writeAnswer());
    admin.answer("PUT /admin/services/chat/candidate", { ...writeAnswer(), health });
    await holdgate(["candidate", "green", "--url", "http://10.0.0.2:80"]);
    expect(admin.writes.map(({ ifMatch }) => ifMatch)).toEqual([undefined, undefined]);
  });

  it("sets no candidate when the upstream is refused", async () => {
    const { admin, holdgate } = await cliFixture();
    const { code } = await holdgate(["candidate", "green", "--url", "http://10.0.0.2:80"]);
    expect(code).toBe(1);
    expect(admin.writes).toHaveLength(1);
  });
});

it("a verb that needs the service's name refuses to guess among several", async () => {
  const { admin, holdgate } = await cliFixture();
  admin.answer("GET /admin/status", statusAnswer(serviceStatus(), serviceStatus({ name: "wiki" })));
  expect(await holdgate(["cutover"])).toEqual({
    code: 2,
    stdout: "",
    stderr: "holdgate: configured are chat, wiki: name one with --service (service_required)\n",
  });
  expect(admin.writes).toEqual([]);
});
