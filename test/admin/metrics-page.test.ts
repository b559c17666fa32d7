import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { newCounters } from "../../src/gateway/counters.ts";
import { openAdmin } from "./support/open-admin.ts";

const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

it("docs/metrics.md names every metric, with its type and its labels, and no other", async () => {
  const { call, gateway, chat } = await openAdmin();
  gateway.engineRefusals = { "bad-head": 1 };
  chat.tunnelsBy = [{ policy: "splice", protocol: "plain", count: 1 }];
  chat.parked = 1;
  const scrape = (await (await call("GET", "/metrics")).text()).split("\n");
  const found = scrape.flatMap((line) => {
    const [, name, type] = /^# TYPE (holdgate_\S+) (\S+)/.exec(line) ?? [];
    return name === undefined ? [] : [`${name} ${type} ${labelsOf(scrape, name).join()}`];
  });
  const told = page.matchAll(/^\| `(holdgate_\w+)` \| (\w+) \|([^|]*)\|/gm);
  const rows = [...told].map(
    ([, name, type, labels]) => `${name} ${type} ${(labels?.match(/\w+/g) ?? []).join()}`,
  );
  expect(rows.toSorted()).toEqual(found.toSorted());
});

it("docs/metrics.md names every reason of giving up", () => {
  for (const reason of Object.keys(newCounters().givenUp)) expect(page).toContain(`| \`${reason}\` |`);
});

function labelsOf(scrape: string[], name: string): string[] {
  const beginnings = ["{", " ", "_bucket{"].map((end) => name + end);
  const line = scrape.find((each) => beginnings.some((beginning) => each.startsWith(beginning)));
  if (line === undefined) throw new Error(`${name} has no value`);
  return [...line.matchAll(/(\w+)="/g)].flatMap(([, label]) => (label && label !== "service" ? [label] : []));
}
