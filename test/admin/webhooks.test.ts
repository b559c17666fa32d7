import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startReceiver } from "../webhooks/receiver.ts";
import { ONE_SERVICE, openAdmin } from "./support/open-admin.ts";

it("webhooks hear of what is commanded, are shown in the status, and can be tried out", async () => {
  const receiver = await startReceiver();
  const hook = `webhooks: { team: { url: "${receiver.url}", secret: { env: WEBHOOK_SECRET } } }`;
  const { write, json, refused } = await openAdmin(`${ONE_SERVICE}${hook}\n`);
  await write("POST", "/admin/hold", { body: {} });
  await eventually(() => expect(receiver.types()).toEqual(["hold_started"]));
  const { body } = await json("POST", "/admin/webhooks/team/test");
  expect(body).toEqual({ delivered: true, reason: null });
  expect(receiver.types()).toEqual(["hold_started", "test"]);
  const status = await json("GET", "/admin/status");
  expect(status.body).toMatchObject({
    webhooks: [{ name: "team", to: `http://127.0.0.1:${receiver.port}`, state: "idle", sent: 1 }],
  });
  expect(JSON.stringify(status.body)).not.toContain("very-secret-path");
  const audit = await json("GET", "/admin/audit?limit=1");
  expect(audit.body).toMatchObject({
    entries: [{ action: "test_webhook", parameters: { webhook: "team", delivered: true, reason: null } }],
  });
  const unknown = await refused("POST", "/admin/webhooks/nobody/test");
  expect(unknown).toMatchObject({ status: 404, body: { code: "not_found" } });
});
