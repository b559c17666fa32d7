// Trouble on the way to an app ends no session: the process that has it may run on.

import dns from "node:dns";
import { expect, it, onTestFinished, vi } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { askAlone } from "../../support/keep-alive-client.ts";
import { type Arrival, startScriptedUpstream } from "../../support/scripted-upstream.ts";
import { startService } from "../../support/start-service.ts";

const OPEN = "/socket.io/?EIO=4&transport=polling";
const POLL = `${OPEN}&sid=here&t=1`;
const POST = `${OPEN}&sid=here&t=2`;

/** A session that is open, with a poll on the only connection. */
async function setUp(addresses: number) {
  const onArrival = (arrival: Arrival): void => {
    if (arrival.target === OPEN) arrival.answer(200, '0{"sid":"here"}');
  };
  const apps = await Promise.all(
    Array.from({ length: addresses }, () => startScriptedUpstream({ onArrival })),
  );
  const urls = apps.map((app) => `http://localhost:${app.port}`);
  const started = await startService({ upstreams: { blue: { urls } } });
  onTestFinished(started.close);
  await (await askAlone(started.port, "GET", OPEN)).answer();
  const app = apps.find(({ arrivals }) => arrivals.length > 0);
  if (!app) throw new Error("nobody was asked");
  const poll = await askAlone(started.port, "GET", POLL);
  const waiting = await app.arrivalOf(POLL);
  const lookup = vi.spyOn(dns, "lookup");
  onTestFinished(() => lookup.mockRestore());
  lookup.mockImplementation((...args: unknown[]) => {
    const callback = args.at(-1);
    if (typeof callback === "function") callback(Object.assign(new Error("later"), { code: "EAI_AGAIN" }));
  });
  return { ...started, app, poll, waiting, lookup };
}

it("a request of a session waits until the app can be reached again, and the session goes on", async () => {
  const { port, app, poll, waiting, service, clock, lookup } = await setUp(1);
  const post = await askAlone(port, "POST", POST, { body: "4hello" });
  await eventually(() => expect(service.status()).toMatchObject({ held: 1 }));
  waiting.answer(200, "4hi");
  expect(await poll.answer()).toMatchObject({ body: "4hi" });
  lookup.mockRestore();
  await eventually(() => {
    clock.advance(100);
    expect(app.targets).toContain(POST);
  });
  (await app.arrivalOf(POST)).answer(200, "ok");
  expect(await post.answer()).toMatchObject({ status: 200, body: "ok" });
});

it("with several addresses it fails at once, instead of being sent again and again, and the session goes on", async () => {
  const { port, app, poll, waiting, service } = await setUp(2);
  const post = await askAlone(port, "POST", POST, { body: "4hello" });
  expect(await post.answer()).toMatchObject({ status: 502 });
  expect(service.status().counters.connectFailures).toBe(1);
  waiting.answer(200, "4hi");
  expect(await poll.answer()).toMatchObject({ body: "4hi" });
  const again = await askAlone(port, "GET", `${OPEN}&sid=here&t=3`);
  (await app.arrivalOf(`${OPEN}&sid=here&t=3`)).answer(200, "2");
  expect(await again.answer()).toMatchObject({ status: 200, body: "2" });
});
