// X-Request-Id and Trace Context behind the gate: as in the gateway itself, what is malformed goes no further.

import { expect, test } from "vitest";
import { openClient } from "../support/keep-alive-client.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { HOSTS, startEmbedded } from "../support/start-embedded.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test.each(HOSTS)("malformed names do not pass %s, well-formed ones do", async (host) => {
  const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const yaml = `services: { chat: { upstreams: { blue: "${app.url}" }, health: { interval: 1h } } }\n`;
  const { port } = await startEmbedded({ host, yaml });
  const client = await openClient(port);
  const bad = { "X-Request-Id": "bad <id>", Traceparent: "00-zz", Tracestate: "vendor=1" };
  const answer = await client.request("GET", "/bad", { headers: bad });
  const good = { "X-Request-Id": "good-1", Traceparent: PARENT, Tracestate: "vendor=1" };
  await client.request("GET", "/good", { headers: good });
  const [first, second] = app.arrivals;
  expect(first?.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/u);
  expect(answer.headers["x-request-id"]).toBe(first?.headers["x-request-id"]);
  expect(first?.headers).not.toHaveProperty("traceparent");
  expect(first?.headers).not.toHaveProperty("tracestate");
  expect(second?.headers).toMatchObject({
    "x-request-id": "good-1",
    traceparent: PARENT,
    tracestate: "vendor=1",
  });
});
