import { describe, expect, it } from "vitest";
import { holdMode, refuse, serviceStatus, writeAnswer } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

describe("what was done", () => {
  it("is said in one sentence, with exit code 0", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("POST /admin/hold", writeAnswer({ service: serviceStatus({ mode: holdMode() }) }));
    const { code, stdout, stderr } = await holdgate(["hold"]);
    expect(stdout).toMatch(
      /^chat: in hold( for [\d.]+s)?, lease ends in (5m|4m \d+s), then maintenance; 3 in flight, 12 held, 40 tunnels\n$/,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("says so when everything was so already", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("DELETE /admin/maintenance", { ...writeAnswer({ changed: false }), window: null });
    expect(await holdgate(["maintenance", "off"])).toEqual({
      code: 0,
      stdout: "chat: open (as before)\n",
      stderr: "",
    });
  });

  it("names the drain that a cutover has begun", async () => {
    const { admin, holdgate } = await cliFixture();
    const [blue] = serviceStatus().upstreams;
    const service = serviceStatus({
      slots: { active: "green", candidate: null, previous: "blue" },
      upstreams: blue ? [{ ...blue, slot: "previous", drainingUntil: Date.now() + 25_900 }] : [],
    });
    admin.answer("POST /admin/services/chat/cutover", writeAnswer({ service }));
    const { stdout } = await holdgate(["cutover"]);
    expect(stdout).toMatch(
      /^chat: active is green, previous is blue; blue drains: 3 in flight, 40 tunnels, cut in 2\ds\n$/,
    );
  });

  it("is the API's answer as it is with --json, wherever that stands", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.answer("POST /admin/release", writeAnswer());
    for (const args of [
      ["release", "--json"],
      ["--json", "release"],
    ]) {
      const { stdout } = await holdgate(args);
      expect(JSON.parse(stdout)).toEqual(writeAnswer());
    }
  });
});

describe("a refusal", () => {
  it("is told with its code, and exit code 1", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("POST /admin/services/chat/cutover", (response) =>
      refuse(response, 409, "not_healthy", "the candidate green is not healthy: refused"),
    );
    expect(await holdgate(["cutover"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "holdgate: the candidate green is not healthy: refused (not_healthy)\n",
    });
  });

  it("is the problem object with --json", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("POST /admin/services/chat/cutover", (response) =>
      refuse(response, 409, "no_candidate", "none set"),
    );
    const { code, stdout, stderr } = await holdgate(["cutover", "--json"]);
    const problem = {
      type: "about:blank",
      title: "Refused",
      status: 409,
      detail: "none set",
      code: "no_candidate",
    };
    expect({ code, problem: JSON.parse(stdout), stderr }).toEqual({ code: 1, problem, stderr: "" });
  });

  it("of what cannot be understood is a usage error", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("POST /admin/hold", (response) =>
      refuse(response, 400, "bad_request", "lease: expected a duration"),
    );
    const { code, stderr } = await holdgate(["hold", "--lease", "soon"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "holdgate: lease: expected a duration (bad_request)\n",
    });
  });

  it("that cannot be read means that the address is not an admin address", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/status", (response) => void response.end("<html>Welcome</html>"));
    const { code, stderr } = await holdgate(["status"]);
    expect(code).toBe(1);
    expect(stderr).toContain("answered 200 with something that is not Holdgate's");
    expect(stderr).toContain("(admin_unreachable)");
  });

  it("is what an answer that breaks off comes to", async () => {
    const { admin, holdgate } = await cliFixture();
    admin.on("GET /admin/status", (response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("{", () => response.destroy());
    });
    const { code, stderr } = await holdgate(["status"]);
    expect(code).toBe(1);
    expect(stderr).toContain("the connection was closed before an answer came");
  });
});
