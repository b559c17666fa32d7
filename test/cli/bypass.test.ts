import { describe, expect, it } from "vitest";
import { serviceStatus, statusAnswer } from "../support/fake-admin.ts";
import { cliFixture } from "./cli-fixture.ts";

const path = "/.holdgate/bypass?token=chat.1.abc";
const link = () => ({ service: "chat", path, token: "chat.1.abc", expiresAt: Date.now() + 3_600_400 });

async function setUp(hosts: string[] = []) {
  const fixture = await cliFixture();
  fixture.admin.answer("GET /admin/status", statusAnswer(serviceStatus({ hosts })));
  fixture.admin.answer("POST /admin/services/chat/bypass", link());
  return fixture;
}

describe("holdgate bypass", () => {
  it("prints the link, and for how long it opens the service", async () => {
    const { holdgate, admin } = await setUp();
    const { code, stdout } = await holdgate(["bypass", "--for", "1h"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^opens chat to whoever has it, for (?:1h|59m \d+s), on the address at which users reach it:\n\/\.holdgate\/bypass\?token=chat\.1\.abc\n$/,
    );
    expect(admin.writes).toMatchObject([{ call: "POST /admin/services/chat/bypass", body: { for: "1h" } }]);
  });

  it.each([
    { hosts: ["chat.example.com"], args: [], base: "https://chat.example.com" },
    { hosts: ["*.example.com"], args: [], base: "" },
    { hosts: ["a.example.com", "b.example.com"], args: [], base: "" },
    { hosts: [], args: ["--origin", "http://10.0.0.1:8080/"], base: "http://10.0.0.1:8080" },
  ])("with the hosts $hosts and $args begins it with '$base'", async ({ hosts, args, base }) => {
    const { holdgate } = await setUp(hosts);
    const { stdout } = await holdgate(["bypass", ...args]);
    expect(stdout.split("\n")[1]).toBe(base + path);
  });

  it("gives the API's answer with --json, and the whole link beside it", async () => {
    const { holdgate } = await setUp(["chat.example.com"]);
    const { stdout } = await holdgate(["bypass", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ path, url: `https://chat.example.com${path}` });
  });

  it("revokes", async () => {
    const { holdgate, admin } = await setUp();
    admin.answer("DELETE /admin/services/chat/bypass", { service: "chat", changed: true });
    const { code, stdout } = await holdgate(["bypass", "--revoke"]);
    expect([code, stdout]).toEqual([
      0,
      "links and cookies that lead past maintenance of chat are void from now on\n",
    ]);
  });

  it.each([
    ["--origin", "chat.example.com"],
    ["--origin", "https://chat.example.com/room"],
    ["--revoke", "--for", "1h"],
  ])("refuses %s %s", async (...args) => {
    const { holdgate, admin } = await setUp();
    expect((await holdgate(["bypass", ...args])).code).toBe(2);
    expect(admin.writes).toEqual([]);
  });
});
