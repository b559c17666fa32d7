import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openClient } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const HTML = { headers: { Accept: "text/html" } };

/** A gateway with an operator's page. */
async function openWithPage() {
  const page = join(await temporaryDirectory(), "page.html");
  await writeFile(page, "<p>our page</p>");
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const service = `    maintenance: { page: "${page}" }`;
  const gateway = await openGateway({ blue: upstream.url, service });
  return { page, gateway, client: await openClient(gateway.port) };
}

test("a page that has vanished since the start is still shown, and keeps no command from its effect", async () => {
  const { page, gateway, client } = await openWithPage();
  await rm(page);
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  expect(await client.request("GET", "/", HTML)).toMatchObject({ status: 503, body: "<p>our page</p>" });
  await gateway.dispatch({ type: "maintenance_off", service: "chat" });
  expect(await client.request("GET", "/", HTML)).toMatchObject({ status: 200 });
});

test("a page that was changed is shown from the next command on", async () => {
  const { page, gateway, client } = await openWithPage();
  await writeFile(page, "<p>another page</p>");
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  expect(await client.request("GET", "/", HTML)).toMatchObject({ body: "<p>another page</p>" });
});
