// The dashboard and the alerts ask for what /metrics has: names are public, and these are their first users.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { openAdmin } from "../admin/support/open-admin.ts";
import { type Series, readExposition } from "../support/exposition.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { isBalanced, labelsGroupedBy, metricsUsed } from "./metrics-used.ts";

const DASHBOARD = fileURLToPath(new URL("../../examples/grafana/holdgate.json", import.meta.url));
const ALERTS = fileURLToPath(new URL("../../examples/prometheus/alerts.yaml", import.meta.url));

const datasource = z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const target = z.object({ refId: z.string(), datasource, expr: z.string(), legendFormat: z.string() });
const gridPos = z.object({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });
const dashboard = z.object({
  uid: z.literal("holdgate"),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      type: z.string(),
      gridPos,
      targets: z.array(target).default([]),
    }),
  ),
});
const alerts = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(["critical", "warning", "info"]) }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

const { panels, templating } = dashboard.parse(JSON.parse(readFileSync(DASHBOARD, "utf8")));
const rules = alerts.parse(parse(readFileSync(ALERTS, "utf8"))).groups.flatMap((group) => group.rules);
const panelExpressions = panels.flatMap((panel) =>
  panel.targets.map(({ expr, legendFormat }) => ({ title: panel.title, expr: plain(expr), legendFormat })),
);
const alertExpressions = rules.map(({ alert, expr }) => ({ title: alert, expr, legendFormat: "" }));

/** Without what Grafana puts in. */
function plain(expression: string): string {
  return expression.replaceAll("$service", ".*").replaceAll("$__rate_interval", "5m");
}

let scraped: Promise<Series[]> | undefined;

function scrape(): Promise<Series[]> {
  return (scraped ??= readScrape());
}

async function readScrape(): Promise<Series[]> {
  const { call, gateway, chat } = await openAdmin();
  gateway.engineRefusals = { bad_host: 1 };
  chat.tunnelsBy = [{ policy: "splice", protocol: "plain", count: 1 }];
  return readExposition(await (await call("GET", "/metrics")).text()).flatMap(({ series }) => series);
}

describe("every expression", () => {
  it.each([...panelExpressions, ...alertExpressions])(
    "of $title asks for what there is: $expr",
    async ({ expr, legendFormat }) => {
      const series = await scrape();
      const used = metricsUsed(expr);
      const labelsOf = (name: string) =>
        series.filter((each) => each.name === name).flatMap((each) => Object.keys(each.labels));
      expect(isBalanced(expr)).toBe(true);
      expect(used.length > 0 || expr.startsWith("up{")).toBe(true);
      for (const { name, labels } of used) {
        expect(series.map((each) => each.name)).toContain(name);
        expect(labelsOf(name)).toEqual(expect.arrayContaining(labels));
      }
      const known = used.flatMap(({ name }) => labelsOf(name));
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(known).toEqual(expect.arrayContaining([...labelsGroupedBy(expr), ...shown]));
    },
  );

  it("is one for promtool, too", async ({ skip }) => {
    const why = whyLeftOut("promtool");
    skip(why !== null, why ?? "");
    const file = join(await temporaryDirectory(), "rules.json");
    const records = panelExpressions.map(({ expr }, at) => ({ record: `panel:target${at}`, expr }));
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules: records }] }));
    const { status, stderr } = spawnSync("promtool", ["check", "rules", file, ALERTS], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("the dashboard", () => {
  it("can be imported: it asks for its data source and its services, and no two panels are one", () => {
    expect(templating.list.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      "datasource: datasource",
      "service: query",
    ]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it("has panels that stand side by side, not one on the other", () => {
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_none, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it("shows each metric of a service that there is, but for a few that have their place elsewhere", async () => {
    const used = new Set(panelExpressions.flatMap(({ expr }) => metricsUsed(expr).map(({ name }) => name)));
    const names = new Set(
      (await scrape()).map(({ name }) => name).filter((name) => name.startsWith("holdgate_")),
    );
    const unused = [...names].filter((name) => !used.has(name) && !/_(?:sum|count)$/.test(name));
    expect(unused.toSorted()).toEqual([
      "holdgate_canary_fallbacks_total",
      "holdgate_canary_percent",
      "holdgate_canary_requests_total",
      "holdgate_info",
      "holdgate_requests_admitted_total",
      "holdgate_requests_held_seconds_total",
      "holdgate_state_version",
      "holdgate_tunnels_unsure_kept_total",
    ]);
  });
});
