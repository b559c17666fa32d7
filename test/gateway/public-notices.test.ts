import { describe, expect, test } from "vitest";
import { askAlone } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

async function open() {
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const opened = await openGateway({ blue: upstream.url });
  const ask = async (language = "en"): Promise<unknown> => {
    const headers = { "Accept-Language": language };
    return (await fetch(`${opened.url}/.holdgate/status`, { headers })).json();
  };
  return { ...opened, ask };
}

describe("what visitors are told of an upgrade", () => {
  test("is how far it is and what kind of work is done, in their language, until it is over", async () => {
    const { gateway, ask } = await open();
    expect(await ask()).toMatchObject({ progress: null, announcement: null });
    gateway.setProgress("chat", { percent: 40, phase: "saving" });
    expect(await ask()).toMatchObject({ progress: { percent: 40, step: "Making a backup" } });
    expect(await ask("fr-CH, fr;q=0.9")).toMatchObject({ progress: { step: "Sauvegarde des données" } });
    gateway.setProgress("chat", null);
    expect(await ask()).toMatchObject({ progress: null });
  });

  test("outlives a reload of the configuration", async () => {
    const gateway = await open();
    const { control, settings, ask } = gateway;
    const announcement = { message: "An update at six", at: Date.now() + 60_000 };
    await gateway.dispatch({ type: "announce", service: "chat", announcement });
    await control.reconfigure({ ...settings, shutdownGraceMs: 1 });
    expect(await ask()).toMatchObject({ announcement: { ...announcement, until: null } });
  });
});

test("answers of the app are counted by how long they took, the gateway's own are not", async () => {
  const gateway = await open();
  const { port, service } = gateway;
  const answered = (): number => service.status().counters.answerTimes.reduce((sum, count) => sum + count, 0);
  await (await askAlone(port, "GET", "/")).answer();
  expect(answered()).toBe(1);
  await gateway.dispatch({ type: "maintenance_on", service: "chat" });
  expect(await (await askAlone(port, "GET", "/")).answer()).toMatchObject({ status: 503 });
  expect(answered()).toBe(1);
  expect(service.status().counters.upstreamErrors).toBe(0);
});
