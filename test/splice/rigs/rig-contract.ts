// What every rig must show before anything is measured with it: straight to its server, and through the gateway with
// a tunnel that only passes bytes on.

import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { openGateway } from "../../support/open-gateway.ts";
import { PushCounters, type Rig, type RigClient, type RigServer } from "./rig.ts";

const MANY = 20;

export interface Contract {
  readonly rig: Rig;
  /** The client comes back without the app's help. */
  readonly comesBack: boolean;
  /** It talks by requests, which the gateway holds while nobody is there: it hears of an end from the next server only. */
  readonly isHeld?: boolean;
}

export function describeRig({ rig, comesBack, isHeld = false }: Contract, title = rig.name): void {
  describe.each([
    { way: "straight", reach: async (server: RigServer) => server.url },
    {
      way: "through the gateway",
      reach: async ({ url }: RigServer) => (await openGateway({ blue: url })).url,
    },
  ])(`${title}, $way`, ({ reach }) => {
    test("numbered messages arrive in order, both ways, and questions are answered", async () => {
      const { server, client } = await meet(rig, reach);
      await talk(server, client, 0);
      if (client.ask !== null) await client.ask(AbortSignal.timeout(2_000));
      expect(client.disruptions).toEqual([]);
      expect(server).toMatchObject({ connections: 1, handshakes: 1 });
    });

    test("a killed server is noticed, and so is the next one where the library looks for it", async () => {
      const { server, client, pushed } = await meet(rig, reach);
      await talk(server, client, 0);
      // Behind its answer nothing is left that an at-least-once protocol would say again.
      if (client.ask !== null) await client.ask(AbortSignal.timeout(2_000));
      server.kill();
      if (!isHeld) await eventually(() => expect(client.isConnected).toBe(false));
      if (!comesBack) return await eventually(() => expect(client.disruptions).not.toEqual([]));
      const next = await start(rig, pushed, server.port);
      await eventually(() => expect(client.isConnected && next.push(client.id)).toBe(true));
      client.send();
      await eventually(() => expect(next.received(client.id)).toEqual([MANY + 1]));
      await eventually(() => expect(client.received).toEqual(numbersUpTo(MANY + 1)));
      expect(client.disruptions).not.toEqual([]);
      await client.close();
    });

    test("a server that stops in order lets its clients go", async () => {
      const { server, client } = await meet(rig, reach);
      const stopped = server.stop();
      if (!isHeld) await eventually(() => expect(client.isConnected).toBe(false));
      await client.close();
      await stopped;
      await eventually(() => expect(server.connections).toBe(0));
    });
  });
}

type Reach = (server: RigServer) => Promise<string>;

async function meet(rig: Rig, reach: Reach) {
  const pushed = new PushCounters();
  const server = await start(rig, pushed);
  const client = await rig.connect(await reach(server), { signal: AbortSignal.timeout(10_000) });
  onTestFinished(() => client.close());
  return { server, client, pushed };
}

async function start(rig: Rig, pushed: PushCounters, port = 0): Promise<RigServer> {
  const server = await rig.startServer({ version: "1", port, pushed });
  onTestFinished(() => server.kill());
  return server;
}

/** Both sides at the same time. */
async function talk(server: RigServer, client: RigClient, before: number): Promise<void> {
  for (let count = 0; count < MANY; count += 1) {
    client.send();
    expect(server.push(client.id)).toBe(true);
  }
  const all = numbersUpTo(before + MANY);
  await eventually(() => expect(server.received(client.id)).toEqual(all));
  await eventually(() => expect(client.received).toEqual(all));
}

function numbersUpTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
