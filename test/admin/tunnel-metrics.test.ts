import { describe, expect, it } from "vitest";
import { countGap, newCounters } from "../../src/gateway/counters.ts";
import { openAdmin } from "./support/open-admin.ts";

async function scrapeOf(prepare: (chat: Awaited<ReturnType<typeof openAdmin>>["chat"]) => void) {
  const { call, chat } = await openAdmin();
  prepare(chat);
  const scrape = async () => (await (await call("GET", "/metrics")).text()).split("\n");
  return { chat, scrape };
}

describe("GET /metrics, of tunnels,", () => {
  it("tells them by policy and protocol; none: nobody looks into them", async () => {
    const { chat, scrape } = await scrapeOf((service) => {
      service.tunnelsBy = [
        { policy: "splice", protocol: "socket.io", count: 480 },
        { policy: "drain", protocol: null, count: 3 },
      ];
      service.parked = 80;
    });
    const before = await scrape();
    const spliced = 'holdgate_tunnels_by_protocol{service="chat",policy="splice",protocol="socket.io"}';
    expect(before).toContain(`${spliced} 480`);
    expect(before).toContain('holdgate_tunnels_by_protocol{service="chat",policy="drain",protocol="none"} 3');
    expect(before).toContain('holdgate_tunnels_parked{service="chat"} 80');
    chat.tunnelsBy = [];
    expect((await scrape()).filter((line) => line.startsWith(spliced))).toEqual([]);
  });

  it("tells what became of those that were to be moved, the reasons that never came included", async () => {
    const { scrape } = await scrapeOf((service) => {
      const givenUp = { ...newCounters().givenUp, unsure: 4 };
      service.counters = { spliced: 12, givenUp, unsureKept: 2 };
    });
    const lines = await scrape();
    expect(lines).toContain('holdgate_tunnels_spliced_total{service="chat"} 12');
    expect(lines).toContain('holdgate_tunnels_given_up_total{service="chat",reason="unsure"} 4');
    expect(lines).toContain('holdgate_tunnels_given_up_total{service="chat",reason="overflow"} 0');
    expect(lines).toContain('holdgate_tunnels_unsure_kept_total{service="chat"} 2');
  });

  it("tells how long clients had no upstream, as a histogram", async () => {
    const { scrape } = await scrapeOf((service) => {
      const counters = newCounters();
      for (const gapMs of [4, 250, 251, 20_000, 90_000]) countGap(counters, gapMs);
      service.counters = counters;
    });
    const of = (lines: string[], le: string) =>
      lines.find((line) => line.startsWith(`holdgate_tunnel_gap_seconds_bucket{service="chat",le="${le}"}`));
    const lines = await scrape();
    expect(of(lines, "0.005")).toMatch(/ 1$/);
    expect(of(lines, "0.25")).toMatch(/ 2$/);
    expect(of(lines, "0.5")).toMatch(/ 3$/);
    expect(of(lines, "60")).toMatch(/ 4$/);
    expect(of(lines, "+Inf")).toMatch(/ 5$/);
    expect(lines).toContain('holdgate_tunnel_gap_seconds_sum{service="chat"} 110.505');
    expect(lines).toContain('holdgate_tunnel_gap_seconds_count{service="chat"} 5');
  });
});
