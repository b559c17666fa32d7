import { client } from "@xmpp/client";
import { expect, onTestFinished, test } from "vitest";
import { PushCounters } from "./rig.ts";
import { describeRig } from "./rig-contract.ts";
import { socketUrl } from "./websocket-app.ts";
import { rig } from "./xmpp-rig.ts";
import { DOMAIN, PATH } from "./xmpp-server.ts";

describeRig({ rig, comesBack: true });

test("the server lets in who is anonymous", async () => {
  const xmpp = await openClient({});
  await xmpp.start();
  expect(xmpp.jid?.domain).toBe(DOMAIN);
  await xmpp.stop();
});

test("the server lets nobody in with a wrong password", async () => {
  const xmpp = await openClient({ username: "mallory", password: "guessed" });
  await expect(xmpp.start()).rejects.toMatchObject({ condition: "not-authorized" });
});

async function openClient(login: { username?: string; password?: string }) {
  const server = await rig.startServer({ version: "1", pushed: new PushCounters() });
  onTestFinished(() => server.kill());
  const xmpp = client({ service: socketUrl(server.url, PATH), domain: DOMAIN, ...login });
  onTestFinished(() => xmpp.reconnect.stop());
  xmpp.on("error", () => {});
  return xmpp;
}
