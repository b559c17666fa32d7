// Clients of a rig that talk all the time through a gateway, and what came of it.

import { expect, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { openGateway } from "../../support/open-gateway.ts";
import type { StartedGateway } from "../../support/start-gateway.ts";
import { PushCounters, type RigClient, type RigServer } from "../rigs/rig.ts";
import type { MovedRig } from "./all-rigs.ts";

/** What was sent to each client, and what came of it, over all servers. */
class Ledger extends PushCounters {
  readonly #arrived = new Map<string, number[]>();

  taken(clientId: string, number: number): void {
    const numbers = this.#arrived.get(clientId);
    if (numbers) numbers.push(number);
    else this.#arrived.set(clientId, [number]);
  }

  arrived(clientId: string): readonly number[] {
    return this.#arrived.get(clientId) ?? [];
  }
}

export interface Stage {
  readonly gateway: StartedGateway;
  readonly pushed: Ledger;
  /** What clients may notice. */
  readonly notices: readonly string[];
  /** Another version of the app; closed when the test is over. */
  startServer(version: string, port?: number): Promise<RigServer>;
  readonly servers: readonly RigServer[];
  connect(count: number): Promise<RigClient[]>;
}

export async function openStage({ rig, keys, notices = [] }: MovedRig): Promise<Stage> {
  const pushed = new Ledger();
  const servers: RigServer[] = [];
  const startServer = async (version: string, port?: number): Promise<RigServer> => {
    const server = await rig.startServer({ version, pushed, ...(port === undefined ? {} : { port }) });
    servers.push(server);
    onTestFinished(() => server.kill());
    return server;
  };
  const blue = await startServer("blue");
  const policies = `onCutover: splice, onUpstreamLoss: splice, protocol: ${rig.protocol}`;
  const service = `    websocket: { ${policies}${keys === undefined ? "" : `, ${keys}`} }`;
  const gateway = await openGateway({ blue: blue.url, service });
  const connect = (count: number): Promise<RigClient[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const client = await rig.connect(gateway.url);
        onTestFinished(() => client.close());
        return client;
      }),
    );
  return { gateway, pushed, notices, servers, startServer, connect };
}

/** Both sides send, again and again until `stop`. */
export function talk(stage: Stage, clients: readonly RigClient[], everyMs: number): { stop(): void } {
  const timer = setInterval(() => {
    for (const client of clients) {
      client.send();
      stage.servers.some((server) => server.push(client.id));
    }
  }, everyMs);
  const stop = () => clearInterval(timer);
  onTestFinished(stop);
  return { stop };
}

/** Everything that was sent has come: once, in order, to both sides; and no client noticed anything. */
export async function expectNothingLost(stage: Stage, clients: readonly RigClient[]): Promise<void> {
  for (const client of clients) {
    await eventually(() => expect(client.received.length).toBe(stage.pushed.last(client.id)));
    expect(client.received).toEqual(upTo(stage.pushed.last(client.id)));
    await eventually(() => expect(stage.pushed.arrived(client.id).length).toBe(client.sent));
    expect(stage.pushed.arrived(client.id)).toEqual(upTo(client.sent));
    const disruptions = client.disruptions.filter((each) => !stage.notices.includes(each));
    expect({ disruptions, isConnected: client.isConnected }).toEqual({ disruptions: [], isConnected: true });
  }
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
