import { spawnSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { GatewayMetrics } from "../../src/admin/metrics/gateway-metrics.ts";
import { ProcessVitals } from "../../src/admin/process-vitals.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { readExposition, seriesOf } from "../support/exposition.ts";
import { openClient } from "../support/keep-alive-client.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { startGateway } from "../support/start-gateway.ts";

async function openMetrics() {
  const upstream = await RawUpstream.start();
  const gateway = await startGateway({ blue: upstream.url });
  onTestFinished(() => gateway.close());
  const vitals = new ProcessVitals(systemClock);
  const metrics = new GatewayMetrics({
    gateway: gateway.gateway,
    control: gateway.control,
    vitals,
    version: "1",
  });
  const families = async () => readExposition(await metrics.render());
  const value = async (series: string, labels: Record<string, string> = {}) => {
    const all = (await families()).flatMap((family) => family.series);
    const found = all.find(
      (each) =>
        each.name === series && Object.entries(labels).every(([name, own]) => each.labels[name] === own),
    );
    return found?.value;
  };
  return { upstream, gateway, metrics, families, value };
}

describe("/metrics", () => {
  it("is what Prometheus reads: help and type of each, histograms that add up", async () => {
    const { families, gateway } = await openMetrics();
    const client = await openClient(gateway.port);
    for (let count = 0; count < 20; count += 1) await client.request("GET", `/${count}`);
    const all = await families();
    expect(all.filter(({ name }) => name.startsWith("holdgate_")).length).toBeGreaterThan(30);
    expect(all.filter(({ help }) => !/\w/.test(help))).toEqual([]);
  });

  it("passes promtool without a word", async ({ skip }) => {
    const why = whyLeftOut("promtool");
    skip(why !== null, why ?? "");
    const { metrics } = await openMetrics();
    // The names of prom-client's own metrics are not ours to choose.
    const own = (await metrics.render())
      .split("\n\n")
      .filter((family) => family.startsWith("# HELP holdgate_"));
    const input = `${own.join("\n\n").trimEnd()}\n`;
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  });

  it("has as many series after thousands of hosts, paths, methods and headers as before", async () => {
    const { families, gateway } = await openMetrics();
    const client = await openClient(gateway.port);
    const ask = (word: string) =>
      client.request("GET", `/${word}?${word}=1`, {
        headers: { Host: `${word}.example`, [`X-${word}`]: word },
      });
    await ask("first");
    const ofOurs = async () =>
      seriesOf((await families()).filter(({ name }) => name.startsWith("holdgate_")));
    const before = await ofOurs();
    for (let count = 0; count < 2000; count += 1) await ask(`word${Math.random().toString(36).slice(2)}`);
    for (let count = 0; count < 50; count += 1) {
      const other = await openClient(gateway.port);
      await other.request(`M${count}`, "/", { headers: { "User-Agent": `agent-${count}` } });
      other.leave();
    }
    expect(await ofOurs()).toEqual(before);
  });

  it("what clients send wrongly is told apart by a fixed list of reasons", async () => {
    const { families, gateway } = await openMetrics();
    for (let count = 0; count < 100; count += 1) {
      const client = await openClient(gateway.port);
      client.send(`B@D${count} /${count} HTTP/1.1\r\nHost: h${count}\r\n\r\n`);
      await client.ends();
    }
    const refusals = (await families()).find(({ name }) => name === "holdgate_engine_refusals_total");
    expect(refusals?.series).toEqual([
      { name: "holdgate_engine_refusals_total", labels: { reason: "bad_request_line" }, value: 100 },
    ]);
  });
});

describe("times", () => {
  it("an answer is counted with its time", async () => {
    const { value, gateway } = await openMetrics();
    const client = await openClient(gateway.port);
    await client.request("GET", "/");
    expect(await value("holdgate_answer_seconds_count")).toBe(1);
    expect(await value("holdgate_answer_seconds_bucket", { le: "+Inf" })).toBe(1);
    expect(await value("holdgate_answer_seconds_sum")).toBeGreaterThan(0);
    expect(await value("holdgate_upstream_connects_total", { upstream: "blue" })).toBe(1);
  });

  it("a request that was held is counted once, when it is over", async () => {
    const { value, gateway } = await openMetrics();
    await gateway.dispatch({ type: "hold", service: "chat" });
    const client = await openClient(gateway.port);
    client.ask("GET", "/");
    await expect.poll(() => gateway.service.status().held).toBe(1);
    expect(await value("holdgate_held_seconds_count")).toBe(0);
    await gateway.dispatch({ type: "release", service: "chat" });
    await client.answer();
    expect(await value("holdgate_held_seconds_count")).toBe(1);
    expect(await value("holdgate_held_seconds_sum")).toBeGreaterThan(0);
  });

  it("a cutover back to the previous upstream is a rollback, too", async () => {
    const { value, gateway, upstream } = await openMetrics();
    const common = { service: "chat", force: true, candidateHealthy: false } as const;
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [upstream.url] });
    await gateway.dispatch({ type: "cutover", to: "green", ...common });
    expect(await value("holdgate_rollbacks_total")).toBe(0);
    await gateway.dispatch({ type: "cutover", to: "blue", ...common });
    expect(await value("holdgate_rollbacks_total")).toBe(1);
    expect(await value("holdgate_cutovers_total")).toBe(2);
  });
});
