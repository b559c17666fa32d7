// A hold ends by itself when its lease runs out, so that a forgotten one never hangs the app.

import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rawClient } from "../support/raw-client.ts";
import type { RawConnection } from "../support/raw-connection.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { type StartedGateway, startGateway } from "../support/start-gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MINUTE_MS = 60_000;
const LONG_WAIT = "    hold: { maxWait: 1h, lease: 5m }\n    maintenance: { retryAfter: 11s }";

interface Stage {
  clock: ManualClock;
  upstream: RawUpstream;
  gateway: StartedGateway;
  /** Ends the gateway and starts it again on the same data, `downMs` later. */
  restart: (downMs: number) => Promise<StartedGateway>;
}

async function openStage(): Promise<Stage> {
  const clock = new ManualClock();
  const upstream = await RawUpstream.start();
  const options = { blue: upstream.url, service: LONG_WAIT, clock, dataDir: await temporaryDirectory() };
  const open = async (): Promise<StartedGateway> => {
    const gateway = await startGateway(options);
    onTestFinished(() => gateway.close());
    return gateway;
  };
  const gateway = await open();
  const restart = async (downMs: number): Promise<StartedGateway> => {
    await gateway.close();
    clock.advance(downMs);
    return open();
  };
  return { clock, upstream, gateway, restart };
}

async function holdInTurn(gateway: StartedGateway, targets: string[]): Promise<RawConnection[]> {
  const clients: RawConnection[] = [];
  for (const target of targets) {
    const client = await rawClient(gateway.port);
    client.send(`POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi`);
    clients.push(client);
    await eventually(() => expect(gateway.service.status().held).toBe(clients.length));
  }
  return clients;
}

function targetsOf({ targets }: RawUpstream): string[] {
  return targets.filter((target) => target !== "/");
}

describe("when the lease of a hold runs out", () => {
  test("the service goes into maintenance, and those who are held are answered with it", async () => {
    const { clock, upstream, gateway } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    const clients = await holdInTurn(gateway, ["/1", "/2", "/3"]);
    clock.advance(5 * MINUTE_MS - 1);
    expect(gateway.service.status()).toMatchObject({ held: 3, mode: { name: "hold" } });
    clock.advance(1);
    expect(gateway.service.status()).toMatchObject({ held: 0, mode: { name: "maintenance" } });
    for (const client of clients) {
      await client.hears("\r\n\r\n");
      expect(client.heard).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 11\r\n/s);
    }
    const late = await rawClient(gateway.port);
    late.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    await late.hears("HTTP/1.1 503 ");
    expect(targetsOf(upstream)).toEqual([]);
    expect(gateway.events).toContainEqual({
      type: "lease_ended",
      service: "chat",
      onLeaseEnd: "maintenance",
    });
  });

  test("with onLeaseEnd: open, those who are held are released in order", async () => {
    const { clock, upstream, gateway } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat", onLeaseEnd: "open", leaseMs: MINUTE_MS });
    const clients = await holdInTurn(gateway, ["/1", "/2", "/3"]);
    clock.advance(MINUTE_MS);
    for (const client of clients) await client.hears("\r\n\r\nok");
    expect(targetsOf(upstream).toSorted()).toEqual(["/1", "/2", "/3"]);
    expect(clients.map(({ heard }) => heard.includes("Holdgate-Held: 60000\r\n"))).toEqual([
      true,
      true,
      true,
    ]);
    expect(gateway.service.status()).toMatchObject({ held: 0, mode: { name: "open" } });
  });

  test("it is recorded, so that a restart behind it finds what followed", async () => {
    const { clock, gateway, restart } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    clock.advance(5 * MINUTE_MS);
    await eventually(() => expect(gateway.control.state.services["chat"]?.mode.name).toBe("maintenance"));
    const again = await restart(0);
    expect(again.service.status().mode).toEqual(gateway.control.state.services["chat"]?.mode);
  });
});

describe("a lease that is renewed", () => {
  test("runs from the renewal, and the hold is still the same one", async () => {
    const { clock, gateway } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    const since = clock.wall();
    await holdInTurn(gateway, ["/1"]);
    clock.advance(4 * MINUTE_MS);
    await gateway.dispatch({ type: "hold", service: "chat" });
    clock.advance(4 * MINUTE_MS);
    expect(gateway.service.status()).toMatchObject({
      held: 1,
      mode: { name: "hold", since, leaseEndsAt: since + 9 * MINUTE_MS },
    });
    clock.advance(MINUTE_MS);
    expect(gateway.service.status()).toMatchObject({ held: 0, mode: { name: "maintenance" } });
  });

  test("may be made shorter", async () => {
    const { clock, gateway } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 10_000 });
    clock.advance(10_000);
    expect(gateway.service.status().mode.name).toBe("maintenance");
  });

  test("has no say any more when the hold was released before", async () => {
    const { clock, gateway } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    await gateway.dispatch({ type: "release", service: "chat" });
    clock.advance(10 * MINUTE_MS);
    expect(gateway.service.status().mode).toEqual({ name: "open" });
    expect(gateway.events.map(({ type }) => type)).not.toContain("lease_ended");
  });
});

describe("a gateway that is away for a while", () => {
  test("comes back in the hold while the lease runs, which then ends when it would have ended", async () => {
    const { clock, gateway, restart } = await openStage();
    await gateway.dispatch({ type: "hold", service: "chat" });
    const { mode } = gateway.service.status();
    const again = await restart(3 * MINUTE_MS);
    expect(again.service.status().mode).toEqual(mode);
    await holdInTurn(again, ["/1"]);
    clock.advance(2 * MINUTE_MS - 1);
    expect(again.service.status()).toMatchObject({ held: 1, mode });
    clock.advance(1);
    expect(again.service.status()).toMatchObject({ held: 0, mode: { name: "maintenance" } });
  });

  test.each(["maintenance", "open"] as const)(
    "whose lease ran out meanwhile is in what was to follow: %s",
    async (onLeaseEnd) => {
      const { gateway, restart } = await openStage();
      await gateway.dispatch({ type: "hold", service: "chat", onLeaseEnd });
      const again = await restart(6 * MINUTE_MS);
      expect(again.service.status().mode.name).toBe(onLeaseEnd);
      expect(again.control.state.services["chat"]?.mode.name).toBe(onLeaseEnd);
    },
  );
});
