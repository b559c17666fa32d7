import { expect, it } from "vitest";
import { cliFixture } from "./cli-fixture.ts";

const CALL = "/admin/services/chat/announcement";

it("announce says what is told now, and --off that nothing is", async () => {
  const { admin, holdgate } = await cliFixture();
  const announcement = { message: "An update", at: Date.now() + 1_799_900 };
  admin.answer(`PUT ${CALL}`, { service: "chat", version: 2, changed: true, announcement });
  admin.answer(`DELETE ${CALL}`, { service: "chat", version: 3, changed: false, announcement: null });
  const told = await holdgate(["announce", "An update", "--in", "30m", "--if-match", "1"]);
  expect(told).toMatchObject({ code: 0, stderr: "" });
  expect(told.stdout).toMatch(/^chat: announced, in (30m|29m \d+s): “An update”\n$/);
  const withdrawn = await holdgate(["announce", "--off", "--service", "chat"]);
  expect(withdrawn.stdout).toBe("chat: nothing is announced (as before)\n");
  expect(admin.writes).toMatchObject([
    { call: `PUT ${CALL}`, body: { message: "An update", at: "30m" }, ifMatch: '"1"' },
    { call: `DELETE ${CALL}` },
  ]);
});
